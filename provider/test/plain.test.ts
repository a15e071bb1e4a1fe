// A plain server is found out by itself; it gets one fresh socket per reply, the next one ahead, and only what it understands.
import { llm } from '@livekit/agents';
import { expect, test } from 'vitest';
import { ask, connect, connected, quick, serve, textsOf, watch } from './harness.ts';

test('a plain server answers without being configured as one', async () => {
  const server = await serve({ dialect: 'plain', onChat: (chat) => chat.answer('Hello ', 'you.') });
  const model = connect(server);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }))).toEqual(['Hello ', 'you.']);
  expect(server.frames).toEqual([{ type: 'chat', messages: [{ role: 'user', content: 'Hello?' }] }]);
  expect(await model.ready()).toBeUndefined();
});

test('each reply has a socket of its own, opened before it was needed', async () => {
  const server = await serve({ dialect: 'plain', onChat: (chat) => chat.answer('x') });
  const model = await connected(server);
  for (const expected of [1, 2, 3]) {
    await server.until(() => server.connections === expected);
    await model.ready();
    await model.chat({ chatCtx: ask(), connOptions: quick }).collect();
    expect(server.chats.at(-1)?.connection).toBe(expected);
  }
  // The first handshake of all offered v1; it is not repeated.
  expect(server.handshakes.map((request) => request.headers['sec-websocket-protocol'])).toEqual([
    'ws-llm.v1',
    ...Array.from({ length: server.handshakes.length - 1 }, () => undefined),
  ]);
  await server.until(() => server.openSockets === 1);
});

test('replies at the same time never share a socket', async () => {
  const server = await serve({ dialect: 'plain' });
  const model = await connected(server);
  const streams = ['a', 'b', 'c'].map((text) => model.chat({ chatCtx: ask(text), connOptions: quick }));
  await server.until(() => server.chats.length === 3);
  expect(new Set(server.chats.map((chat) => chat.connection)).size).toBe(3);
  for (const chat of server.chats) chat.answer(JSON.stringify(chat.frame['messages']));
  const texts = await Promise.all(streams.map((stream) => stream.collect()));
  expect(texts.map(({ text }) => text)).toEqual(
    ['a', 'b', 'c'].map((content) => JSON.stringify([{ role: 'user', content }])),
  );
});

test('an interruption closes the socket, and the next question does not wait for another', async () => {
  const server = await serve({ dialect: 'plain', onChat: (chat) => chat.delta('Well,') });
  const model = await connected(server);
  const { errors } = watch(model);
  const stream = model.chat({ chatCtx: ask(), connOptions: quick });
  await stream.next();
  await server.until(() => server.connections === 2);
  await model.ready();
  const closed = new Promise((resolve) => server.chats[0]?.socket.once('close', resolve));
  stream.close();
  const next = model.chat({ chatCtx: ask(), connOptions: quick });
  await next.next();
  await closed;
  expect(server.chats[1]?.connection).toBe(2);
  expect(server.frames.map(({ type }) => type)).toEqual(['chat', 'chat']);
  expect(errors).toEqual([]);
});

test('instructions come first in the history; tools and their traffic are left out', async () => {
  const server = await serve({ dialect: 'plain', onChat: (chat) => chat.answer('x') });
  const model = await connected(server);
  const chatCtx = ask('Rain?');
  chatCtx.items.unshift(
    new llm.ChatMessage({ role: 'system', id: 'lk.agent_task.instructions', content: 'Be brief.' }),
  );
  chatCtx.items.push(
    new llm.ChatMessage({ role: 'assistant', id: 'i', content: 'Let me see.' }),
    llm.FunctionCall.create({ id: 'i/fnc_0', callId: 'a', name: 'weather', args: '{}' }),
    llm.FunctionCallOutput.create({ callId: 'a', output: '"dry"', isError: false }),
  );
  const toolCtx = [llm.tool({ name: 'weather', description: 'w', execute: async () => '' })];
  await model.chat({ chatCtx, toolCtx, connOptions: quick }).collect();
  expect(server.frames).toEqual([
    {
      type: 'chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Rain?' },
        { role: 'assistant', content: 'Let me see.' },
      ],
    },
  ]);
});

test('a silent plain server costs the time-out of the call', async () => {
  const server = await serve({ dialect: 'plain' });
  const model = await connected(server);
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: { ...quick, maxRetry: 0, timeoutMs: 100 } }));
  expect(errors).toMatchObject([{ error: { name: 'APITimeoutError' } }]);
});

test('an error of a plain server is told in its own words', async () => {
  const server = await serve({ dialect: 'plain', onChat: (chat) => chat.error('LLM API error: 401') });
  const model = await connected(server);
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }));
  expect(errors).toMatchObject([{ error: { message: 'LLM API error: 401', statusCode: 500 } }]);
});

test('a socket opened ahead that was lost meanwhile costs no turn', async () => {
  const server = await serve({ dialect: 'plain', onChat: (chat) => chat.answer('Hi.') });
  const model = await connected(server);
  await model.chat({ chatCtx: ask(), connOptions: quick }).collect();
  await model.ready();
  server.closeClients(1001);
  await server.until(() => server.openSockets === 0);
  expect((await model.chat({ chatCtx: ask(), connOptions: quick }).collect()).text).toBe('Hi.');
});
