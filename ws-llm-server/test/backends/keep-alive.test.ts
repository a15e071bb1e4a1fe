/** A keep-alive means here what it means to Ollama. */
import { expect, test } from 'vitest';
import { parseKeepAlive } from '../../src/backends/keep-alive.ts';

test.each([
  ['30m', { value: '30m', ms: 1_800_000 }],
  ['1h30m', { value: '1h30m', ms: 5_400_000 }],
  ['1.5h', { value: '1.5h', ms: 5_400_000 }],
  ['500ms', { value: '500ms', ms: 500 }],
  ['90', { value: 90, ms: 90_000 }],
  ['0', { value: 0, ms: 0 }],
  ['0s', { value: '0s', ms: 0 }],
  ['-1', { value: -1, ms: Infinity }],
  ['-1m', { value: '-1m', ms: Infinity }],
])('%s is understood', (text, keepAlive) => {
  expect(parseKeepAlive(text)).toEqual(keepAlive);
});

test.each(['', ' ', 'forever', '30 m', 'm', '30minutes', '1d', 'NaN', 'Infinity'])('%j is not', (text) => {
  expect(parseKeepAlive(text)).toBeUndefined();
});
