/** A question travels with the newest whole turns that the server takes, and with nothing that was never said. */
import { expect, test } from 'vitest';
import type { Limits } from '@ws-llm/protocol';
import {
  boundOf,
  defaultBound,
  messagesToSend,
  questionFits,
  type ReplyState,
  type Turn,
} from '../src/logic/transcript.ts';

let nextId = 1;

function turn(
  question: string,
  text: string,
  state: ReplyState = { type: 'complete', finishReason: 'stop' },
): Turn {
  nextId += 1;
  return { id: nextId, question, askedAtMs: 0, reply: { text, reasoning: '', notes: [], state } };
}

const asked = (question: string): Turn => turn(question, '', { type: 'waiting' });
const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

test('everything that was said goes along, a reply that was cut as far as it was seen', () => {
  const turns = [turn('one', 'reply'), turn('two', 'half a', { type: 'stopped' }), asked('three')];
  expect(messagesToSend(turns, defaultBound)).toEqual([
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'reply' },
    { role: 'user', content: 'two' },
    { role: 'assistant', content: 'half a' },
    { role: 'user', content: 'three' },
  ]);
});

test('a question that failed goes along, except where the server will never take it', () => {
  const busy: ReplyState = { type: 'failed', message: 'busy', retryable: true };
  const refused: ReplyState = { type: 'failed', message: 'too large', retryable: false };
  const turns = [turn('keep', '', busy), turn('drop', '', refused), asked('now')];
  expect(messagesToSend(turns, defaultBound).map(({ content }) => content)).toEqual(['keep', 'now']);
});

test('the oldest whole turns stay behind where a list would be too long', () => {
  const turns = [turn('a', 'A'), turn('b', 'B'), turn('c', 'C'), asked('d')];
  const contents = (messages: number): unknown[] =>
    messagesToSend(turns, { ...defaultBound, messages }).map(({ content }) => content);
  expect(contents(7)).toEqual(['a', 'A', 'b', 'B', 'c', 'C', 'd']);
  expect(contents(6)).toEqual(['b', 'B', 'c', 'C', 'd']);
  expect(contents(1)).toEqual(['d']);
});

test('what is sent never has more bytes than the bound, whatever the script', () => {
  const turns = Array.from({ length: 40 }, (_, index) => turn(`Frage ${index} ü`, '痛み'.repeat(index + 1)));
  for (const bytes of [200, 1000, 5000, 20_000]) {
    const messages = messagesToSend([...turns, asked('?')], { bytes, messages: 1000 });
    expect(bytesOf(messages)).toBeLessThanOrEqual(bytes);
    expect(messages.length % 2).toBe(1);
    const next = turns.at(-(messages.length + 1) / 2);
    if (next === undefined) continue;
    const more = [
      { role: 'user', content: next.question },
      { role: 'assistant', content: next.reply.text },
    ];
    expect(bytesOf([...more, ...messages])).toBeGreaterThan(bytes - 3);
  }
});

test('the question itself always goes, and whether it can is known before', () => {
  const bound = { bytes: 100, messages: 10 };
  expect(messagesToSend([turn('a', 'A'), asked('x'.repeat(500))], bound)).toHaveLength(1);
  expect(questionFits('x'.repeat(500), bound)).toBe(false);
  expect(questionFits('short', bound)).toBe(true);
});

test('the bound is what the server tells, with room for the frame around it', () => {
  const limits = { list_bytes: 10_000, frame_bytes: 4096, messages: 12 } as Limits;
  expect(boundOf(limits).bytes).toBeLessThan(4096);
  expect(boundOf({ ...limits, frame_bytes: 1e6 })).toEqual({ bytes: 10_000, messages: 12 });
  expect(boundOf(undefined)).toBe(defaultBound);
});
