/**
 * A frame that ends a request ends it, also where a server of another make leaves out or misspells
 * what the frame says besides: the text has arrived, and to call the reply a failure would lose it.
 */
import { expect, onTestFinished, test } from 'vitest';
import { V1Channel } from '../src/v1-channel.ts';
import { delta, ready, say } from './frames.ts';
import { InMemorySocket } from './in-memory-socket.ts';
import { RecordedReply } from './recorded-reply.ts';

function open(): { channel: V1Channel; socket: InMemorySocket; unexpected: string[] } {
  const socket = new InMemorySocket(['ws-llm.v1']);
  const unexpected: string[] = [];
  const events = { unexpected: (message: string) => void unexpected.push(message) };
  const channel = new V1Channel(socket, { events, nextId: () => 'x' });
  onTestFinished(() => channel.close());
  return { channel, socket, unexpected };
}

const timing = { queue_ms: 0, first_token_ms: 1, total_ms: 2 };
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };

test.each<[string, object, object]>([
  ['no usage and no timing', { finish_reason: 'stop' }, { finishReason: 'stop' }],
  ['an empty usage', { finish_reason: 'length', usage: {}, timing }, { finishReason: 'length', timing }],
  ['a usage of null', { finish_reason: 'stop', usage: null, timing }, { finishReason: 'stop', timing }],
  [
    'fractions of tokens',
    { finish_reason: 'stop', usage: { ...usage, prompt_tokens: 1.5 }, timing },
    { finishReason: 'stop', timing },
  ],
  [
    'a timing in words',
    { finish_reason: 'tool_calls', usage, timing: { total_ms: 'soon' } },
    { finishReason: 'tool_calls', usage },
  ],
  ['no finish reason', { usage, timing }, { finishReason: 'stop', usage, timing }],
  ['a finish reason of null', { finish_reason: null, usage }, { finishReason: 'stop', usage }],
  [
    'a model that is a number',
    { finish_reason: 'stop', model: 7, backend: 'b' },
    { finishReason: 'stop', backend: 'b' },
  ],
  ['nothing but the id', {}, { finishReason: 'stop' }],
])('a complete with %s is the end of its reply', (_what, keys, end) => {
  const { channel, socket, unexpected } = open();
  socket.deliver(ready());
  const reply = new RecordedReply();
  channel.chat(say('Hi', 'a'), reply);
  socket.deliver(delta('a', 'All of it.'));
  socket.deliver({ type: 'complete', id: 'a', ...keys });
  expect(reply.text).toBe('All of it.');
  expect(reply.ends).toEqual([{ type: 'complete', ...end }]);
  expect(socket.sent.map(({ type }) => type)).toEqual(['chat']);
  expect(unexpected).toHaveLength(1);
});

test.each<[string, object, object]>([
  ['no message', { code: 'overloaded', retryable: true }, { code: 'overloaded', retryable: true }],
  [
    'no retryable',
    { code: 'bad_request', message: 'm' },
    { code: 'bad_request', message: 'm', retryable: false },
  ],
  [
    'a message that is an object',
    { code: 'backend_failed', message: { text: 'm' }, retryable: true, retry_after_ms: 'soon' },
    { code: 'backend_failed', retryable: true },
  ],
  ['nothing but the id', {}, { code: 'internal', retryable: false }],
])('an error with %s ends its reply, with what can be read of it', (_what, keys, end) => {
  const { channel, socket } = open();
  const reply = new RecordedReply();
  channel.chat(say('Hi', 'a'), reply);
  socket.deliver({ type: 'error', id: 'a', ...keys });
  expect(reply.ends).toEqual([{ type: 'failed', message: expect.any(String), ...end }]);
  expect(reply.ends).not.toMatchObject([{ message: expect.stringContaining('broke the protocol') }]);
});

test.each<[string, object]>([
  ['no timing', {}],
  ['a timing in words', { timing: 'soon', prefilled_tokens: -1 }],
])('a warmed with %s is the end of its warm', async (_what, keys) => {
  const { channel, socket } = open();
  const warming = channel.warm(say('Hi', 'a'));
  socket.deliver({ type: 'warmed', id: 'a', ...keys });
  expect(await warming?.ended).toEqual({ type: 'warmed' });
});

test('an odd end without an id that can be read, or for an id that is not open, ends nothing', () => {
  const { channel, socket } = open();
  const reply = new RecordedReply();
  channel.chat(say('Hi', 'a'), reply);
  socket.deliver({ type: 'complete', id: 7 });
  socket.deliver({ type: 'complete', id: 'b' });
  socket.deliver({ type: 'warmed', id: 'c' });
  expect(reply.ends).toEqual([]);
});
