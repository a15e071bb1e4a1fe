// An interrupted reply is cancelled at once, exactly once, and leaves nothing behind; a finished one is never cancelled.
import { expect, test } from 'vitest';
import { ask, connect, connected, quick, serve, textsOf, watch } from './harness.ts';

test('closing a stream sends one cancel, ends it quietly and says so in the metrics', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('A long') });
  const model = await connected(server);
  const { errors, metrics } = watch(model);
  const stream = model.chat({ chatCtx: ask() });
  await stream.next();
  stream.close();
  stream.close();
  expect(await textsOf(stream)).toEqual([]);
  await server.until(() => server.framesOf('cancel').length > 0);
  expect(server.framesOf('cancel')).toEqual([{ type: 'cancel', id: server.chats[0]?.id }]);
  expect(await metrics).toMatchObject({ cancelled: true });
  expect(errors).toEqual([]);
});

test('the cancel leaves in the tick of the abort, ahead of the next question', async () => {
  const server = await serve({});
  const model = await connected(server);
  const interrupted = model.chat({ chatCtx: ask('one') });
  await server.until(() => server.chats.length === 1);
  interrupted.close();
  model.chat({ chatCtx: ask('two') });
  await server.until(() => server.chats.length === 2);
  expect(server.frames.map(({ type }) => type)).toEqual(['chat', 'cancel', 'chat']);
});

test('a finished reply is not cancelled when its stream is closed', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Done.') });
  const model = await connected(server);
  const { metrics } = watch(model);
  const stream = model.chat({ chatCtx: ask() });
  await textsOf(stream);
  await metrics;
  stream.close();
  await model.chat({ chatCtx: ask() }).collect();
  expect(server.framesOf('cancel')).toEqual([]);
});

test('a stream that is closed while it still connects asks for nothing', async () => {
  const server = await serve({});
  const model = connect(server);
  const { metrics } = watch(model);
  model.chat({ chatCtx: ask() }).close();
  await metrics;
  await model.ready();
  expect(server.frames).toEqual([]);
});

test('what arrives after the interruption disturbs nothing', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('One') });
  const model = await connected(server);
  const stream = model.chat({ chatCtx: ask() });
  await stream.next();
  stream.close();
  const [late] = server.chats;
  late?.answer('too', 'late');
  const next = model.chat({ chatCtx: ask() });
  expect((await next.next()).value.delta.content).toBe('One');
});

test('20 interruptions in a row use one socket', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('Well,') });
  const model = await connected(server);
  for (let turn = 0; turn < 20; turn += 1) {
    const stream = model.chat({ chatCtx: ask(), connOptions: quick });
    await stream.next();
    stream.close();
  }
  await server.until(() => server.framesOf('cancel').length === 20);
  expect(server.connections).toBe(1);
  expect(new Set(server.chats.map((chat) => chat.id)).size).toBe(20);
});
