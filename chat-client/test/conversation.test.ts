/** Each thing that happens to a reply is shown as what it is, and only the last question can be asked again. */
import { expect, test } from 'vitest';
import type { ReplyEnd } from '@ws-llm/client';
import {
  type Conversation,
  type ConversationEvent,
  newConversation,
  openTurn,
  reduce,
  repeatableTurn,
} from '../src/logic/conversation.ts';
import { noteOf } from '../src/logic/note.ts';

const asked: ConversationEvent = { type: 'asked', question: 'Why?', atMs: 1 };
const text = (piece: string): ConversationEvent => ({
  type: 'part_arrived',
  part: { type: 'text', text: piece },
});
const ended = (end: ReplyEnd): ConversationEvent => ({ type: 'ended', end, atMs: 9 });

function after(...events: ConversationEvent[]): Conversation {
  return events.reduce(reduce, newConversation('ws://localhost:8765/'));
}

const reply = (state: Conversation) => state.turns.at(-1)?.reply;

test('a reply waits, streams and is complete', () => {
  expect(reply(after(asked))?.state).toEqual({ type: 'waiting' });
  expect(reply(after(asked, text('Be'), text('cause')))).toMatchObject({
    text: 'Because',
    state: { type: 'streaming' },
  });
  const done = after(asked, text('Because'), ended({ type: 'complete', finishReason: 'length' }));
  expect(reply(done)).toMatchObject({ state: { type: 'complete', finishReason: 'length' }, endedAtMs: 9 });
  expect(openTurn(done)).toBeUndefined();
});

test('reasoning stays apart from the text', () => {
  const part = { type: 'reasoning', text: 'hm' } as const;
  expect(reply(after(asked, { type: 'part_arrived', part }, text('Yes')))).toMatchObject({
    text: 'Yes',
    reasoning: 'hm',
  });
});

test('nothing changes a reply that has ended', () => {
  const stopped = after(asked, text('Be'), { type: 'stopped', atMs: 5 });
  expect(reduce(stopped, text('cause'))).toBe(stopped);
  expect(reduce(stopped, ended({ type: 'complete', finishReason: 'cancelled' }))).toBe(stopped);
});

test.for<[string, ReplyEnd, boolean]>([
  ['complete', { type: 'complete', finishReason: 'stop' }, false],
  ['lost', { type: 'lost', closeCode: 1006, message: 'gone', retryable: true }, true],
  ['a retryable error', { type: 'failed', code: 'overloaded', message: 'busy', retryable: true }, true],
  ['a final error', { type: 'failed', code: 'bad_request', message: 'no', retryable: false }, false],
  ['an error of a plain server', { type: 'failed', message: 'error', retryable: false }, true],
])('after %s, asking again is offered only where it may help', ([, end, offered]) => {
  expect(repeatableTurn(after(asked, text('Be'), ended(end))) !== undefined).toBe(offered);
});

test('asking again starts the reply anew under the same question', () => {
  const failed = ended({ type: 'lost', closeCode: 1006, message: 'gone', retryable: true });
  const again = after(asked, text('Be'), failed, { type: 'asked_again', atMs: 12 });
  expect(again.turns).toMatchObject([
    { question: 'Why?', askedAtMs: 12, reply: { text: '', state: { type: 'waiting' } } },
  ]);
});

test('another server starts with its own persona and the same conversation', () => {
  const moved = after({ type: 'plain_connected' }, asked, {
    type: 'address_chosen',
    address: 'ws://b.example/',
  });
  expect(moved).toMatchObject({
    address: 'ws://b.example/',
    persona: undefined,
    turns: [{ question: 'Why?' }],
  });
});

test('what happens beside the text becomes one quiet line', () => {
  const symptoms = [
    { name: 'stiff_neck', choice_id: 'absent' },
    { name: 'fever', choice_id: 'present' },
  ];
  const frame = { type: 'symptoms_collected', id: 'r1', symptoms };
  expect(noteOf({ type: 'persona_frame', frame })).toBe(
    'Symptoms collected: stiff neck absent, fever present',
  );
  expect(noteOf({ type: 'persona_frame', frame: { type: 'waved' } })).toBe('Waved');
  expect(noteOf({ type: 'persona_frame', frame: { type: 'x', text: 'y'.repeat(500) } })).toHaveLength(160);
  const call = { id: 'c', type: 'function', function: { name: 'look_up', arguments: '{}' } } as const;
  expect(noteOf({ type: 'tool_call', call })).toBe('Asked for look up');
});

test('a frame that is deeper or longer than any stack becomes one line too', () => {
  let deep: unknown = 'end';
  for (let level = 0; level < 50_000; level += 1) deep = [deep];
  expect(noteOf({ type: 'persona_frame', frame: { type: 'deep', deep } })).toBe('Deep: …');
  const frame = { type: 'wide', values: Array.from({ length: 100_000 }, (_, index) => index) };
  expect(noteOf({ type: 'persona_frame', frame })).toHaveLength(160);
  const call = { id: 'c', type: 'function', function: { name: 'x'.repeat(500), arguments: '{}' } } as const;
  expect(noteOf({ type: 'tool_call', call })).toHaveLength(160);
});
