/** What one side encodes the other side parses to the same frame, in both dialects; keys that are not known change nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clientFrames,
  encodeFrame,
  parseClientFrame,
  parsePlainClientFrame,
  parsePlainServerFrame,
  parseServerFrame,
  serverFrames,
} from '../src/index.ts';
import { clientFrame, plainClientFrame, plainServerFrame, serverFrame } from './arbitrary-frames.ts';

/** Keys of a later version: none that a frame of this one has. */
const laterKeys = fc.dictionary(
  fc.string({ maxLength: 6 }).map((key) => `later_${key}`),
  fc.jsonValue({ maxDepth: 1 }),
);

test('every frame of a v1 client arrives at the server as it was sent', () => {
  fc.assert(
    fc.property(clientFrame, (frame) => {
      const parsed = parseClientFrame(encodeFrame(frame));
      expect(parsed).toStrictEqual({ outcome: 'frame', frame });
    }),
    { numRuns: 300 },
  );
});

test('every frame of a v1 server arrives at the client as it was sent', () => {
  fc.assert(
    fc.property(serverFrame, (frame) => {
      expect(parseServerFrame(encodeFrame(frame))).toStrictEqual({ outcome: 'frame', frame });
    }),
    { numRuns: 300 },
  );
});

test('every plain frame arrives as it was sent, in both directions', () => {
  fc.assert(
    fc.property(plainClientFrame, plainServerFrame, (sent, answered) => {
      expect(parsePlainClientFrame(encodeFrame(sent))).toStrictEqual({ outcome: 'frame', frame: sent });
      expect(parsePlainServerFrame(encodeFrame(answered))).toStrictEqual(answered);
    }),
    { numRuns: 200 },
  );
});

test('keys that are not known are ignored by both sides [P-6]', () => {
  fc.assert(
    fc.property(clientFrame, serverFrame, laterKeys, (sent, answered, later) => {
      const withLater = (frame: object): string => JSON.stringify({ ...later, ...frame });
      expect(parseClientFrame(withLater(sent))).toStrictEqual({ outcome: 'frame', frame: sent });
      expect(parseServerFrame(withLater(answered))).toStrictEqual({ outcome: 'frame', frame: answered });
    }),
    { numRuns: 100 },
  );
});

test('keys that are not known are ignored inside messages, personas and limits too', () => {
  const chat =
    '{"type":"chat","id":"1","messages":[{"role":"user","content":"Hi","mood":"calm"}],"params":{"top_k":3}}';
  expect(parseClientFrame(chat)).toStrictEqual({
    outcome: 'frame',
    frame: { type: 'chat', id: '1', messages: [{ role: 'user', content: 'Hi' }], params: {} },
  });
  const plain = '{"type":"chat","id":"1","messages":[{"role":"user","content":"Hi","mood":"calm"}]}';
  expect(parsePlainClientFrame(plain)).toStrictEqual({
    outcome: 'frame',
    frame: { type: 'chat', messages: [{ role: 'user', content: 'Hi' }] },
  });
});

test('every frame type is among those that were tried', () => {
  const tried = new Set(
    [...fc.sample(clientFrame, 2_000), ...fc.sample(serverFrame, 2_000)].map(({ type }) => type),
  );
  expect([...tried].toSorted()).toEqual(
    [...Object.keys(clientFrames), ...Object.keys(serverFrames)].toSorted(),
  );
});
