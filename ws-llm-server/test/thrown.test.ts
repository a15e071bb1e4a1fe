/** Anything can be thrown; its text can always be read. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detailsOf, messageOf } from '../src/thrown.ts';

const trap = (): never => {
  throw new Error('read me not');
};

/** An error whose property `key` is a getter that throws. */
function trapped(key: string): Error {
  return Object.defineProperty(new Error('a'), key, { get: trap });
}

test.each<[string, unknown, string]>([
  ['an error', new Error('broken'), 'broken'],
  ['an error without a message', new TypeError(), 'TypeError'],
  ['a string', 'broken', 'broken'],
  ['undefined', undefined, 'undefined'],
  ['a symbol', Symbol('broken'), 'Symbol(broken)'],
  [
    'an error whose message is an object',
    Object.assign(new Error('a'), { message: { a: 1 } }),
    '[object Object]',
  ],
  ['an object without a prototype', Object.create(null), 'an error that cannot be written as text'],
  ['an error whose message cannot be read', trapped('message'), 'an error that cannot be written as text'],
  [
    'a proxy that refuses everything',
    new Proxy({}, { get: trap, getPrototypeOf: trap }),
    'an error that cannot be written as text',
  ],
])('%s has a text', (_, thrown, text) => {
  expect(messageOf(thrown)).toBe(text);
  expect(detailsOf(thrown).message).toBe(text);
});

test('a stack that cannot be read is left out', () => {
  expect(detailsOf(trapped('stack'))).toEqual({ message: 'a' });
});

test('the text of a huge message is cut', () => {
  expect(messageOf(new Error('x'.repeat(1_000_000))).length).toBe(2_000);
});

test('whatever is thrown, its text is a string', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (thrown) => {
      expect(typeof messageOf(thrown)).toBe('string');
      expect(typeof messageOf(Object.assign(new Error('a'), { message: thrown }))).toBe('string');
    }),
  );
});
