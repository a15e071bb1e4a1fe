/** A close reason fits into a close frame and is never cut inside a character; who comes back after which code is fixed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CloseCode, closeReason, isRetryableClose } from '../src/index.ts';
import { anyText } from './any-text.ts';

test('a reason has at most 123 bytes [P-111]', () => {
  fc.assert(
    fc.property(anyText(200), (text) => {
      expect(Buffer.byteLength(closeReason(text))).toBeLessThanOrEqual(123);
    }),
  );
});

test('a reason is the beginning of the text, as much of it as fits, and whole characters', () => {
  fc.assert(
    fc.property(anyText(200), (text) => {
      const characters = Array.from(text);
      const kept = Array.from(closeReason(text));
      expect(kept).toEqual(characters.slice(0, kept.length));
      const next = characters[kept.length];
      if (next !== undefined) expect(Buffer.byteLength(kept.join('') + next)).toBeGreaterThan(123);
    }),
  );
});

test.each([
  ['', 0],
  ['a'.repeat(123), 123],
  ['a'.repeat(124), 123],
  ['é'.repeat(62), 122],
  ['€'.repeat(42), 123],
  ['😀'.repeat(31), 120],
])('a reason is cut before the character that does not fit: %s', (text, bytes) => {
  expect(Buffer.byteLength(closeReason(text))).toBe(bytes);
});

test.each([
  [1000, false],
  [1001, true],
  [1002, true],
  [1005, true],
  [1006, true],
  [1007, false],
  [1008, true],
  [1009, false],
  [1011, true],
  [1012, true],
  [1013, true],
  [1014, true],
  [3000, true],
  [4000, true],
  [4399, true],
  [4400, false],
  [4401, false],
  [4403, false],
  [4404, false],
  [4406, false],
  [4409, false],
  [4499, false],
  [4500, true],
])('after %i a client comes back: %s', (code, comesBack) => {
  expect(isRetryableClose(code)).toBe(comesBack);
});

test('no two close codes are the same', () => {
  const codes = Object.values(CloseCode);
  expect(new Set(codes).size).toBe(codes.length);
});
