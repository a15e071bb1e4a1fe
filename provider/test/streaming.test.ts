// A reply arrives as it is written: in order, under one id, at once, with tools, usage and the server's timing; thoughts stay thoughts.
import type { llm } from '@livekit/agents';
import { replyExtraOf } from 'livekit-agents-plugin-ws-llm';
import { expect, test } from 'vitest';
import { ask, connect, connected, serve, textsOf, watch } from './harness.ts';

test('text comes piece by piece under the id of the reply', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Good ', 'morning', '.') });
  const model = await connected(server);
  const chunks: llm.ChatChunk[] = [];
  for await (const chunk of model.chat({ chatCtx: ask() })) chunks.push(chunk);
  expect(chunks.map((chunk) => chunk.delta?.content)).toEqual(['Good ', 'morning', '.', undefined]);
  expect(new Set(chunks.map((chunk) => chunk.id))).toEqual(new Set([server.chats[0]?.id]));
});

test('a piece can be read before the next one is written', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('First.') });
  const stream = (await connected(server)).chat({ chatCtx: ask() });
  expect((await stream.next()).value).toMatchObject({ delta: { content: 'First.' } });
  server.chats[0]?.answer('Second.');
  expect(await textsOf(stream)).toEqual(['Second.']);
});

test('the request leaves within chat(), before anything else runs', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('x') });
  const model = await connected(server);
  const first = model.chat({ chatCtx: ask('first') });
  // Sent later on the same socket, so it arrives later only if the first one left at once.
  const second = model.chat({ chatCtx: ask('second') });
  first.close();
  await textsOf(second);
  expect(server.frames.map(({ type, messages }) => [type, messages])).toMatchObject([
    ['chat', [{ content: 'first' }]],
    ['chat', [{ content: 'second' }]],
    ['cancel', undefined],
  ]);
});

test('every request stands alone and brings the whole history', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('x') });
  const model = await connected(server);
  const chatCtx = ask('one');
  await model.chat({ chatCtx }).collect();
  chatCtx.addMessage({ role: 'assistant', content: 'x' });
  chatCtx.addMessage({ role: 'user', content: 'two' });
  await model.chat({ chatCtx }).collect();
  expect(server.chats.map((chat) => chat.frame['mirror'])).toEqual([{ keep: 0 }, { keep: 0 }]);
  expect(server.chats[1]?.frame['messages']).toEqual([
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'x' },
    { role: 'user', content: 'two' },
  ]);
});

test('usage, model and the server’s timing are told at the end', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Hi.') });
  const model = await connected(server);
  const { metrics } = watch(model);
  const { usage, extra } = await model.chat({ chatCtx: ask() }).collect();
  expect(usage).toEqual({ promptTokens: 11, completionTokens: 3, totalTokens: 14, promptCachedTokens: 8 });
  expect(replyExtraOf({ extra })).toEqual({
    reply: server.chats[0]?.id,
    finishReason: 'stop',
    timing: { queueMs: 0.1, firstTokenMs: 5, totalMs: 9 },
    model: 'scripted-1',
    backend: 'demo',
  });
  expect(await metrics).toMatchObject({
    label: 'ws-llm.LLM',
    requestId: server.chats[0]?.id,
    promptCachedTokens: 8,
    cancelled: false,
    metadata: { modelProvider: 'ws-llm', modelName: 'scripted-1' },
  });
});

test('what the model thinks is never spoken, and persona frames are not either', async () => {
  const server = await serve({
    onChat: (chat) => {
      chat.send({ type: 'reasoning', id: chat.id, content: 'They greet me.' });
      chat.send({ type: 'symptoms_collected', id: chat.id, symptoms: [] });
      chat.answer('Hello.');
    },
  });
  expect((await (await connected(server)).chat({ chatCtx: ask() }).collect()).text).toBe('Hello.');
});

test('a tool call arrives whole as soon as it is known, not at the end', async () => {
  const call = {
    id: 'call_1',
    type: 'function',
    function: { name: 'weather', arguments: '{"city":"Bonn"}' },
    extra: { vendor: { signature: 's' } },
  };
  const server = await serve({ onChat: (chat) => chat.send({ type: 'tool_call', id: chat.id, call }) });
  const stream = (await connected(server)).chat({ chatCtx: ask() });
  const { value } = await stream.next();
  expect(value.delta.toolCalls).toMatchObject([
    { callId: 'call_1', name: 'weather', args: '{"city":"Bonn"}', extra: { vendor: { signature: 's' } } },
  ]);
  server.chats[0]?.complete({ finish_reason: 'tool_calls' });
  expect((await stream.collect()).toolCalls).toEqual([]);
});

test('replies run side by side on one socket', async () => {
  const server = await serve({});
  const model = await connected(server);
  const [one, two] = [model.chat({ chatCtx: ask() }), model.chat({ chatCtx: ask() })];
  await server.until(() => server.chats.length === 2);
  server.chats[1]?.answer('two');
  server.chats[0]?.answer('one');
  expect((await one.collect()).text).toBe('one');
  expect((await two.collect()).text).toBe('two');
  expect(server.connections).toBe(1);
});

test('the first chat() connects by itself', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Hi.') });
  expect((await connect(server).chat({ chatCtx: ask() }).collect()).text).toBe('Hi.');
});

test('prewarm() opens the socket that the first chat() uses', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Hi.') });
  const model = connect(server);
  model.prewarm();
  await server.until(() => server.connections === 1);
  await model.ready();
  await model.chat({ chatCtx: ask() }).collect();
  expect(server.connections).toBe(1);
});

test('ready() tells who answers', async () => {
  const server = await serve({});
  const model = connect(server);
  expect(model.model).toBe('unknown');
  expect(await model.ready()).toMatchObject({ persona: { greeting: 'Hello there.' }, model: 'scripted-1' });
  expect(model.model).toBe('scripted-1');
});

test('token and headers come with the handshake', async () => {
  const server = await serve({});
  await connected(server, { token: 's3cret', headers: { 'X-Room': '7' } });
  expect(server.handshakes[0]?.headers).toMatchObject({ authorization: 'Bearer s3cret', 'x-room': '7' });
});

test('chat() after aclose() ends with an error instead of hanging', async () => {
  const model = await connected(await serve({}));
  const { errors } = watch(model);
  await model.aclose();
  expect(await textsOf(model.chat({ chatCtx: ask() }))).toEqual([]);
  expect(errors).toMatchObject([
    { recoverable: false, error: { message: expect.stringContaining('closed') } },
  ]);
});
