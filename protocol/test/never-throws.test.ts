/** Whatever arrives, a parser answers: no text makes one throw, and what it says of a wrong frame is short. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  clientFrames,
  encodeFrame,
  parseClientFrame,
  parsePlainClientFrame,
  parsePlainServerFrame,
  parseServerFrame,
  serverFrames,
} from '../src/index.ts';
import { list } from '../src/list.ts';
import { anyText } from './any-text.ts';

const parsers = [parseClientFrame, parseServerFrame, parsePlainClientFrame, parsePlainServerFrame];
const types = [...Object.keys(clientFrames), ...Object.keys(serverFrames)];
const keys = [
  ...new Set(
    [...Object.values(clientFrames), ...Object.values(serverFrames)].flatMap((f) => Object.keys(f.shape)),
  ),
];

/** Frames of known types whose keys hold anything. */
const almostFrame = fc
  .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue(), { maxKeys: 6 }))
  .map(([type, body]) => JSON.stringify({ ...body, type }));

function parseByAll(text: string): void {
  for (const parse of parsers) {
    const parsed = parse(text);
    if (parsed !== undefined && 'message' in parsed)
      expect((parsed.message as string).length).toBeLessThan(300);
  }
}

test('arbitrary text never throws', () => {
  fc.assert(fc.property(anyText(50), parseByAll));
});

test('arbitrary JSON never throws', () => {
  fc.assert(fc.property(fc.json(), parseByAll));
});

test('known types with arbitrary bodies never throw', () => {
  fc.assert(fc.property(almostFrame, parseByAll), { numRuns: 500 });
});

test('cut frames never throw', () => {
  const whole = '{"type":"chat","id":"1","messages":[{"role":"user","content":"caf\\u00e9"}]}';
  for (let length = 0; length < whole.length; length += 1) parseByAll(whole.slice(0, length));
});

const deep = '['.repeat(100_000) + ']'.repeat(100_000);

test.each([
  ['type', `{"type":${deep}}`],
  ['id', `{"type":"chat","id":${deep}}`],
  ['messages', `{"type":"chat","id":"1","messages":${deep}}`],
  ['content', `{"type":"chat","id":"1","messages":[{"role":"user","content":${deep}}]}`],
  ['extra', `{"type":"chat","id":"1","messages":[{"role":"assistant","extra":{"a":${deep}}}]}`],
  ['a key of a prototype', '{"type":"__proto__"}'],
  ['a method of objects', '{"type":"hasOwnProperty","id":"1"}'],
  ['a whole frame', deep],
])('lists within lists, 100,000 deep, never throw: as %s', (_where, text) => {
  parseByAll(text);
});

/** As many as a frame can hold where a server takes the usual size. */
const wrong = `${'0,'.repeat(400_000)}0`;

test.each([
  ['messages[0]', `{"type":"chat","id":"1","messages":[${wrong}]}`],
  ['messages[0].content[0]', `{"type":"chat","id":"1","messages":[{"role":"user","content":[${wrong}]}]}`],
  [
    'messages[0].tool_calls[0]',
    `{"type":"chat","id":"1","messages":[{"role":"assistant","tool_calls":[${wrong}]}]}`,
  ],
  ['tools[0]', `{"type":"chat","id":"1","messages":[{"role":"user","content":""}],"tools":[${wrong}]}`],
])('%s of 400,000 wrong elements never throws, and is the one that is told', (path, text) => {
  parseByAll(text);
  expect(parseClientFrame(text)).toMatchObject({ message: `${path}: expected an object` });
});

test('a list is checked up to its first wrong element and no further', () => {
  const seen: unknown[] = [];
  const element = z.number().refine((value) => seen.push(value) < 3);
  expect(list(element).safeParse([1, 2, 3, 4, 5]).success).toBe(false);
  expect(seen).toEqual([1, 2, 3]);
});

/** A chat with a tool whose parameters have so many levels. */
function chatWithLevels(levels: number): string {
  const parameters = '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1);
  const tool = `{"type":"function","function":{"name":"f","parameters":${parameters}}}`;
  return `{"type":"chat","id":"1","messages":[],"tools":[${tool}]}`;
}

test('whatever is accepted can be written again: JSON that is too deep for that is refused', () => {
  const parsed = parseClientFrame(chatWithLevels(100));
  expect(parsed.outcome === 'frame' && encodeFrame(parsed.frame)).toBe(chatWithLevels(100));
  for (const levels of [101, 100_000]) {
    expect(parseClientFrame(chatWithLevels(levels))).toEqual({
      outcome: 'refused',
      id: '1',
      message: 'tools[0].function.parameters: expected at most 100 levels',
    });
  }
});

test.each([
  ['messages[0].extra', { role: 'assistant', extra: 0 }],
  ['messages[0].content[0].file', { role: 'user', content: [{ type: 'file', file: 0 }] }],
])('%s is bounded in depth, in both dialects [P-97]', (path, message) => {
  const deepMessage = JSON.stringify(message).replace(':0', `:{"a":${deep}}`);
  const text = `{"type":"chat","id":"1","messages":[${deepMessage}]}`;
  const refusal = { outcome: 'refused', message: `${path}: expected at most 100 levels` };
  expect(parseClientFrame(text)).toMatchObject(refusal);
  expect(parsePlainClientFrame(text)).toMatchObject(refusal);
});
