/** The page finds its server: from its own address, from what was asked for, from what was chosen before. */
import { expect, test } from 'vitest';
import { chooseAddress, defaultAddress, parseAddress, shortAddress } from '../src/logic/address.ts';

const fromDisk = { protocol: 'file:', host: '', search: '' };
const served = { protocol: 'http:', host: '127.0.0.1:9000', search: '' };

test('a page that a server served talks to that server', () => {
  expect(defaultAddress(served)).toBe('ws://127.0.0.1:9000/');
  expect(defaultAddress({ protocol: 'https:', host: 'talk.example', search: '' })).toBe(
    'wss://talk.example/',
  );
});

test('a page from disk talks to the local server', () => {
  expect(chooseAddress(fromDisk, undefined)).toBe('ws://localhost:8765/');
});

test('the address in the query wins over the remembered one, and that over the default', () => {
  const asked = { ...served, search: '?server=ws://other.example:1/chat' };
  expect(chooseAddress(asked, 'ws://remembered.example/')).toBe('ws://other.example:1/chat');
  expect(chooseAddress(served, 'ws://remembered.example/')).toBe('ws://remembered.example/');
  expect(chooseAddress({ ...served, search: '?server=' }, undefined)).toBe('ws://127.0.0.1:9000/');
});

test('a query that holds no address is kept, so that the failure names it', () => {
  expect(chooseAddress({ ...served, search: '?server=ftp://x' }, undefined)).toBe('ftp://x');
});

test.for([
  ['localhost:8765', 'ws://localhost:8765/'],
  ['  ws://a.example/path?persona=b ', 'ws://a.example/path?persona=b'],
  ['http://a.example', 'ws://a.example/'],
  ['https://a.example:444/x', 'wss://a.example:444/x'],
  ['ws://a.example/#part', 'ws://a.example/'],
  ['[::1]:8765', 'ws://[::1]:8765/'],
])('what a person types is understood: %s', ([typed, address]) => {
  expect(parseAddress(typed ?? '')).toBe(address);
});

test.for(['', '   ', 'ftp://a.example', 'ws://', 'a b'])('what is no address is refused: "%s"', (typed) => {
  expect(parseAddress(typed)).toBeUndefined();
});

test('an address is shown without what says nothing', () => {
  expect(shortAddress('ws://localhost:8765/')).toBe('localhost:8765');
  expect(shortAddress('wss://a.example/talk?persona=b')).toBe('a.example/talk?persona=b');
  expect(shortAddress('nonsense')).toBe('nonsense');
});
