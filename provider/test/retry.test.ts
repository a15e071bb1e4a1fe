// A turn is tried again while nobody has heard anything of it, and never after; a silent server cannot hold it up.
import { APITimeoutError } from '@livekit/agents';
import { expect, test } from 'vitest';
import { ask, connect, connected, quick, serve, textsOf, watch } from './harness.ts';
import { startScriptedServer } from '../../test/stand-ins/scripted-server.ts';

test('a failure before the first output is tried again, under a new id', async () => {
  const server = await serve({
    onChat: (chat) => (chat.number === 1 ? chat.error('backend_unavailable') : chat.answer('Hi.')),
  });
  const model = await connected(server);
  const { errors } = watch(model);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }))).toEqual(['Hi.']);
  expect(errors).toMatchObject([{ recoverable: true }]);
  expect(new Set(server.chats.map((chat) => chat.id)).size).toBe(2);
});

test('retries happen although nobody listens for errors', async () => {
  const server = await serve({
    onChat: (chat) => (chat.number === 1 ? chat.error('overloaded') : chat.answer('Hi.')),
  });
  const model = await connected(server);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }))).toEqual(['Hi.']);
});

test('a socket that is lost before the first output is opened again for the second attempt', async () => {
  const server = await serve({
    onChat: (chat) => (chat.number === 1 ? chat.socket.terminate() : chat.answer('Hi.')),
  });
  const model = await connected(server);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }))).toEqual(['Hi.']);
  expect(server.connections).toBe(2);
});

test.each([
  ['a piece of text', 'delta'],
  ['a tool call', 'call'],
])('after %s nothing is tried again', async (_what, kind) => {
  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const server = await serve({
    onChat: (chat) => {
      if (kind === 'delta') chat.delta('Part');
      else chat.send({ type: 'tool_call', id: chat.id, call });
      chat.error('backend_failed');
    },
  });
  const model = await connected(server);
  const { errors } = watch(model);
  const texts = await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }));
  expect(texts).toEqual(kind === 'delta' ? ['Part'] : []);
  expect(errors).toMatchObject([{ recoverable: false, error: { retryable: false } }]);
  expect(server.chats).toHaveLength(1);
});

test('a thought is no output: after one alone the turn is tried again', async () => {
  const server = await serve({
    onChat: (chat) => {
      if (chat.number > 1) return chat.answer('Hi.');
      chat.send({ type: 'reasoning', id: chat.id, content: 'hm' });
      chat.error('backend_failed');
    },
  });
  const model = await connected(server);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }))).toEqual(['Hi.']);
});

test('a socket lost in the middle of a reply is one error, and the next turn works [P-48]', async () => {
  const server = await serve({
    onChat: (chat) => {
      if (chat.number > 1) return chat.answer('Again.');
      chat.delta('Part');
      chat.socket.close(1012, 'restart');
    },
  });
  const model = await connected(server);
  const { errors } = watch(model);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }))).toEqual(['Part']);
  expect(errors).toMatchObject([{ recoverable: false }]);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: quick }))).toEqual(['Again.']);
});

test('a server that comes back answers the turn that found it away', async () => {
  const first = await startScriptedServer({});
  const { port, url } = first;
  const model = connect({ url });
  await model.ready();
  await first.close();
  const { errors } = watch(model);
  const stream = model.chat({ chatCtx: ask(), connOptions: { ...quick, maxRetry: 50 } });
  const texts = textsOf(stream);
  await new Promise<void>((resolve) => model.once('error', () => resolve()));
  await serve({ port, onChat: (chat) => chat.answer('Back.') });
  expect(await texts).toEqual(['Back.']);
  expect(errors.every(({ recoverable }) => recoverable)).toBe(true);
});

test('the server is told the deadlines of the call', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('x') });
  const model = await connected(server);
  await model.chat({ chatCtx: ask(), connOptions: { ...quick, timeoutMs: 1_500 } }).collect();
  expect(server.chats[0]?.frame['deadlines']).toEqual({ first_token_ms: 1_500, idle_ms: 1_500 });
});

const hasty = { maxRetry: 0, retryIntervalMs: 1, timeoutMs: 100 };

test('a server that never answers costs the time-out and no more, and is told to stop', async () => {
  const server = await serve({});
  const model = await connected(server);
  const { errors } = watch(model);
  const startedAt = performance.now();
  await textsOf(model.chat({ chatCtx: ask(), connOptions: hasty }));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(errors[0]?.error).toBeInstanceOf(APITimeoutError);
  expect(errors[0]?.error).toMatchObject({ retryable: true });
  await server.until(() => server.framesOf('cancel').length === 1);
});

test('a server that falls silent in the middle is one error', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('Well,') });
  const model = await connected(server);
  const { errors } = watch(model);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: { ...hasty, maxRetry: 3 } }))).toEqual([
    'Well,',
  ]);
  expect(errors).toMatchObject([{ recoverable: false, error: { name: 'APITimeoutError' } }]);
  expect(server.chats).toHaveLength(1);
});

test('a model that thinks for long is not taken for a silent one', async () => {
  const server = await serve({
    onChat: (chat) => {
      let thoughts = 0;
      const think = (): void => {
        thoughts += 1;
        if (thoughts > 8) return chat.answer('42.');
        chat.send({ type: 'reasoning', id: chat.id, content: 'hm' });
        setTimeout(think, 100);
      };
      think();
    },
  });
  const model = await connected(server);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: { ...hasty, timeoutMs: 600 } }))).toEqual([
    '42.',
  ]);
});

test('a handshake that hangs costs the time-out of the call', async () => {
  const { createServer } = await import('node:net');
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => mute.once('listening', resolve));
  const model = connect({ url: `ws://127.0.0.1:${(mute.address() as { port: number }).port}` });
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: hasty }));
  expect(errors[0]?.error).toBeInstanceOf(APITimeoutError);
  await model.aclose();
  mute.close();
});
