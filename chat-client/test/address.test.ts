/**
 * The page finds its server: from its own address, from the settings, and from a link if the reader
 * agrees.
 */
import { expect, test } from 'vitest';
import {
  type AddressChoice,
  chooseAddress,
  defaultAddress,
  type KnownAddresses,
  parseAddress,
  shortAddress,
} from '../src/logic/address.ts';
import { linkRequestWords } from '../src/logic/link-words.ts';

const fromDisk = { protocol: 'file:', host: '', search: '' };
const served = { protocol: 'http:', host: '127.0.0.1:9000', search: '' };

test('a page that a server served talks to that server', () => {
  expect(defaultAddress(served)).toBe('ws://127.0.0.1:9000/');
  expect(defaultAddress({ protocol: 'https:', host: 'talk.example', search: '' })).toBe(
    'wss://talk.example/',
  );
});

const nothingKnown = { remembered: undefined, agreed: [] };

/** What a link with this `?server=` makes the page do. */
function following(server: string, location = served, known: KnownAddresses = nothingKnown): AddressChoice {
  return chooseAddress({ ...location, search: `?server=${encodeURIComponent(server)}` }, known);
}

test('a page from disk talks to the local server', () => {
  expect(chooseAddress(fromDisk, nothingKnown)).toEqual({ address: 'ws://localhost:8765/' });
});

test('the remembered address wins over the own server, which is used if the remembered one does not answer', () => {
  const remembered = 'ws://remembered.example/';
  const known = { remembered, agreed: [] };
  expect(chooseAddress(served, known)).toEqual({ address: remembered, fallback: 'ws://127.0.0.1:9000/' });
  expect(chooseAddress({ ...served, search: '?server=' }, known).address).toBe(remembered);
  expect(chooseAddress(fromDisk, known)).toEqual({ address: remembered });
});

test.for([
  ['the server that served the page', served, 'ws://127.0.0.1:9000/other?persona=b'],
  ['this machine, for a page from disk', fromDisk, 'ws://127.0.0.1:1234/'],
  ['this machine by another of its names', fromDisk, 'ws://127.1:1234/'],
  ['this machine by its IPv6 address', fromDisk, 'ws://[::1]:1234/'],
] as const)('a link to %s needs no question', ([, location, address]) => {
  expect(following(address, location)).toEqual({ address: new URL(address).href });
});

test.for([
  ['another host', served, 'wss://evil.example/'],
  ['another port', served, 'ws://127.0.0.1:9001/'],
  ['another scheme on the same host', served, 'wss://127.0.0.1:9000/'],
  ['the own host as the user of another one', served, 'ws://127.0.0.1:9000@evil.example/'],
  ['another host, from disk', fromDisk, 'wss://localhost.evil.example/'],
  ['another host without its scheme', served, '//evil.example/'],
] as const)(
  'a link to %s is a question, and until then the page uses its own server',
  ([, location, server]) => {
    const { address, link } = following(server, location);
    expect(address).toBe(defaultAddress(location));
    expect(link).toEqual({ type: 'question', address: parseAddress(server) });
  },
);

test('agreeing to an address holds for this address alone', () => {
  const agreed = { remembered: undefined, agreed: ['wss://a.example/talk'] };
  expect(following('wss://a.example/talk', served, agreed)).toEqual({ address: 'wss://a.example/talk' });
  expect(following('wss://a.example/', served, agreed).link).toMatchObject({ type: 'question' });
  const remembered = { remembered: 'wss://a.example/', agreed: [] };
  expect(following('wss://a.example/', served, remembered)).toEqual({ address: 'wss://a.example/' });
});

test.for(['ftp://x', 'https:evil.example', 'ws:evil.example', 'javascript:alert(1)'])(
  'a link to what is no address is never dialled, though a browser may understand it: %s',
  (text) => {
    expect(following(text)).toEqual({
      address: 'ws://127.0.0.1:9000/',
      link: { type: 'invalid', text },
    });
  },
);

test('the question names the server in plain words, and nothing that the link says besides', () => {
  const address = 'wss://user@evil.example:444/trusted?by=everybody';
  expect(linkRequestWords({ type: 'question', address }, true)).toBe(
    'This link wants to connect this page to wss://evil.example:444. What you write will be sent there. Connect only if you trust that server.',
  );
  expect(linkRequestWords({ type: 'question', address }, false)).toContain('and this conversation,');
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
