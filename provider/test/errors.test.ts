// Whatever breaks arrives as the error class of LiveKit that says whether a second attempt makes sense.
import { APIConnectionError, APIStatusError, APITimeoutError, llm } from '@livekit/agents';
import { expect, test } from 'vitest';
import { ask, connect, connected, quick, serve, textsOf, watch } from './harness.ts';

const once = { ...quick, maxRetry: 0 };

test.each([
  ['bad_request', false, APIStatusError, 400, false],
  ['unauthorized', false, APIStatusError, 401, false],
  ['too_large', false, APIStatusError, 413, false],
  ['context_too_long', false, APIStatusError, 400, false],
  ['unknown_mirror', true, APIConnectionError, undefined, true],
  ['rate_limited', true, APIStatusError, 429, true],
  ['overloaded', true, APIStatusError, 503, true],
  ['backend_unavailable', true, APIConnectionError, undefined, true],
  ['backend_timeout', true, APITimeoutError, undefined, true],
  ['backend_failed', true, APIConnectionError, undefined, true],
  ['backend_failed', false, APIConnectionError, undefined, false],
  ['internal', true, APIStatusError, 500, true],
  ['a_code_of_a_later_version', true, APIStatusError, 500, true],
])('the error %s (retryable: %s) is a %o %s', async (code, sent, kind, statusCode, retryable) => {
  const server = await serve({ onChat: (chat) => chat.error(code, { retryable: sent }) });
  const model = await connected(server);
  const { errors } = watch(model);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: once }))).toEqual([]);
  expect(errors).toHaveLength(1);
  expect(errors[0]?.error).toBeInstanceOf(kind);
  expect(errors[0]?.error).toMatchObject({ retryable, message: `scripted ${code}` });
  expect(Reflect.get(errors[0]?.error ?? {}, 'statusCode')).toBe(statusCode);
});

test.each([
  [1001, APIConnectionError, undefined, true],
  [1009, APIStatusError, 413, false],
  [1011, APIConnectionError, undefined, true],
  [1012, APIConnectionError, undefined, true],
  [1013, APIConnectionError, undefined, true],
  [4400, APIStatusError, 400, false],
  [4401, APIStatusError, 401, false],
  [4403, APIStatusError, 403, false],
  [4404, APIStatusError, 404, false],
  [4406, APIStatusError, 406, false],
  [4409, APIStatusError, 409, false],
])('a socket closed with %i before an answer is a %o %s', async (code, kind, statusCode, retryable) => {
  const server = await serve({ onChat: (chat) => chat.socket.close(code, 'because') });
  const model = await connected(server);
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: once }));
  expect(errors).toHaveLength(1);
  expect(errors[0]?.error).toBeInstanceOf(kind);
  expect(errors[0]?.error).toMatchObject({ retryable, message: expect.stringContaining('because') });
  expect(Reflect.get(errors[0]?.error ?? {}, 'statusCode')).toBe(statusCode);
});

test.each([
  [401, false],
  [404, false],
  [503, true],
])('a handshake answered with HTTP %i is an APIStatusError', async (status, retryable) => {
  const model = connect(await serve({ refuse: () => status }));
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: once }));
  expect(errors[0]?.error).toBeInstanceOf(APIStatusError);
  expect(errors[0]?.error).toMatchObject({ statusCode: status, retryable });
});

test('a server that is not there is a retryable connection error, for chat() and for ready()', async () => {
  const gone = await serve({});
  const { url } = gone;
  await gone.close();
  const model = connect({ url });
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: once }));
  expect(errors[0]?.error).toBeInstanceOf(APIConnectionError);
  expect(errors[0]?.error).toMatchObject({ retryable: true, message: expect.stringContaining(url) });
  await expect(model.ready()).rejects.toBeInstanceOf(APIConnectionError);
});

test.each([
  ['messages', { messages: 1 }],
  ['bytes of messages', { list_bytes: 60 }],
  ['bytes of tools', { tool_bytes: 10 }],
  ['bytes in one frame', { frame_bytes: 100 }],
])('too many %s fail at once, locally', async (what, limits) => {
  const server = await serve({ limits });
  const model = await connected(server);
  const { errors } = watch(model);
  const chatCtx = ask('a question of some length, to be sure');
  chatCtx.addMessage({ role: 'user', content: 'and another' });
  const tool = { type: 'object', properties: {} } as const;
  const toolCtx = { weather: llm.tool({ description: 'w', parameters: tool, execute: async () => '' }) };
  await textsOf(model.chat({ chatCtx, toolCtx, connOptions: quick }));
  expect(errors).toMatchObject([{ recoverable: false, error: { statusCode: 413 } }]);
  expect(errors[0]?.error.message).toContain(what);
  expect(server.frames).toEqual([]);
});

test('what a text model cannot be told is an error, not a crash', async () => {
  const model = await connected(await serve({}));
  const { errors } = watch(model);
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ role: 'user', content: [llm.createAudioContent({ frame: [] })] });
  await textsOf(model.chat({ chatCtx, connOptions: quick }));
  expect(errors).toMatchObject([
    { recoverable: false, error: { message: expect.stringContaining('transcript') } },
  ]);
});

test('tools travel also to a server that lists none, and what it says of them is an error that is not tried again', async () => {
  const server = await serve({
    ready: { features: ['standalone', 'mirrors'] },
    onChat: (chat) => chat.error('bad_request'),
  });
  const model = await connected(server);
  const { errors } = watch(model);
  const toolCtx = [llm.tool({ name: 'weather', description: 'w', execute: async () => '' })];
  await textsOf(model.chat({ chatCtx: ask(), toolCtx, connOptions: quick }));
  expect(server.chats.map(({ frame }) => frame['tools'])).toMatchObject([
    [{ function: { name: 'weather' } }],
  ]);
  expect(errors).toMatchObject([{ recoverable: false, error: { name: 'APIStatusError', statusCode: 400 } }]);
});
