// Whatever happens to the socket between turns costs no turn, and what happens to it in a turn costs at most that one.
import { createServer, connect as connectTcp, type Socket as TcpSocket } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ask, connect, connected, quick, serve, textsOf, watch } from './harness.ts';
import { startScriptedServer, type ScriptedServer } from '../../test/stand-ins/scripted-server.ts';

const once0 = { ...quick, maxRetry: 0 };

/** Something between client and server that may cut what passes, or swallow it. */
interface Middle {
  url: string;
  /** Ends every connection, as one does that forgets who is idle. */
  cut(): void;
  /** Passes nothing on any more of what is connected now, and tells nobody. */
  swallow(): void;
}

async function startMiddle(server: ScriptedServer): Promise<Middle> {
  const pairs = new Set<[TcpSocket, TcpSocket]>();
  const middle = createServer((client) => {
    const target = connectTcp(server.port, '127.0.0.1');
    pairs.add([client, target]);
    client.pipe(target).pipe(client);
    for (const socket of [client, target]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(middle, 'listening');
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    middle.close();
  });
  return {
    url: `ws://127.0.0.1:${(middle.address() as { port: number }).port}`,
    cut,
    swallow() {
      for (const [client, target] of pairs) {
        client.unpipe(target);
        target.unpipe(client);
        client.resume();
        target.resume();
      }
    },
  };
}

test('100 interruptions in a row use one socket', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('Well,') });
  const model = await connected(server);
  for (let turn = 0; turn < 100; turn += 1) {
    const stream = model.chat({ chatCtx: ask(), connOptions: quick });
    await stream.next();
    stream.close();
  }
  await server.until(() => server.framesOf('cancel').length === 100);
  expect(server.connections).toBe(1);
});

test('a server that says it closes answers what it was asked, and what comes next goes to another socket', async () => {
  const server = await serve({});
  const model = await connected(server);
  const { errors } = watch(model);
  const before = model.chat({ chatCtx: ask('one'), connOptions: once0 });
  await server.until(() => server.chats.length === 1);
  server.broadcast({ type: 'closing', grace_ms: 5_000 });
  await server.until(() => server.connections === 2);
  await model.ready();
  const after = model.chat({ chatCtx: ask('two'), connOptions: once0 });
  await server.until(() => server.chats.length === 2);
  for (const chat of server.chats) chat.answer(`On socket ${chat.connection}.`);
  expect((await before.collect()).text).toBe('On socket 1.');
  expect((await after.collect()).text).toBe('On socket 2.');
  expect(errors).toEqual([]);
});

test('a socket that is lost before the first word is replaced in the same turn, without an error', async () => {
  const server = await serve({
    onChat: (chat) => (chat.number === 1 ? chat.socket.terminate() : chat.answer('Hi.')),
  });
  const model = await connected(server);
  const { errors } = watch(model);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: once0 }))).toEqual(['Hi.']);
  expect(errors).toEqual([]);
  expect(new Set(server.chats.map(({ id }) => id)).size).toBe(2);
});

test('a server that takes every socket down is one error, not a loop', async () => {
  const server = await serve({ onChat: (chat) => chat.socket.terminate() });
  const model = await connected(server);
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: once0 }));
  expect(errors).toMatchObject([{ recoverable: false, error: { name: 'APIConnectionError' } }]);
  expect(server.chats).toHaveLength(2);
});

test('what a proxy cut between two turns is open again before the next one', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Hi.') });
  const middle = await startMiddle(server);
  const model = await connected(middle);
  const { errors } = watch(model);
  await model.chat({ chatCtx: ask(), connOptions: once0 }).collect();
  middle.cut();
  await server.until(() => server.connections === 2);
  await model.ready();
  expect((await model.chat({ chatCtx: ask(), connOptions: once0 }).collect()).text).toBe('Hi.');
  expect(errors).toEqual([]);
});

test('a line that died without a word is noticed and replaced before anybody asks', async () => {
  const server = await serve({
    limits: { ping_interval_ms: 60, silence_ms: 120 },
    onChat: (chat) => chat.answer('Hi.'),
  });
  const middle = await startMiddle(server);
  const model = await connected(middle);
  const { errors } = watch(model);
  middle.swallow();
  await server.until(() => server.connections === 2);
  await model.ready();
  expect((await model.chat({ chatCtx: ask(), connOptions: once0 }).collect()).text).toBe('Hi.');
  expect(errors).toEqual([]);
});

test('a server that is away costs the turns of that time, and is found again without being asked for', async () => {
  const first = await startScriptedServer({});
  const { port, url } = first;
  const model = connect({ url });
  await model.ready();
  await first.close();
  const { errors } = watch(model);
  for (let turn = 0; turn < 3; turn += 1) {
    await textsOf(model.chat({ chatCtx: ask(), connOptions: once0 }));
  }
  expect(errors).toHaveLength(3);
  expect(errors.every(({ error }) => error.name === 'APIConnectionError')).toBe(true);
  const again = await serve({ port, onChat: (chat) => chat.answer('Back.') });
  await again.until(() => again.connections === 1);
  await model.ready();
  expect((await model.chat({ chatCtx: ask(), connOptions: once0 }).collect()).text).toBe('Back.');
  expect(again.connections).toBe(1);
});

test('frames that it does not know disturb nothing', async () => {
  const server = await serve({
    onChat: (chat) => {
      chat.send({ type: 'weather', clouds: 3 });
      chat.send({ type: 'delta_v2', id: chat.id, content: 'x' });
      chat.send({ type: 'delta', id: 'nobody', content: 'x' });
      chat.send({ type: 'annotation', reply: chat.id, emotion: 'calm' });
      chat.socket.send('{"type":');
      chat.answer('Hi.');
    },
  });
  const model = await connected(server);
  const { errors } = watch(model);
  expect(await textsOf(model.chat({ chatCtx: ask(), connOptions: once0 }))).toEqual(['Hi.']);
  expect(errors).toEqual([]);
  expect(server.connections).toBe(1);
});

test('prewarm() connects, and has a server that can get its model ready', async () => {
  const features = ['standalone', 'mirrors', 'warm'];
  const server = await serve({ ready: { features }, onChat: (chat) => chat.answer('Hi.') });
  const model = connect(server);
  model.prewarm();
  await server.until(() => server.framesOf('warm').length === 1);
  expect(server.framesOf('warm')).toMatchObject([{ mirror: { keep: 0 }, messages: [] }]);
  expect((await model.chat({ chatCtx: ask(), connOptions: once0 }).collect()).text).toBe('Hi.');
});

test('prewarm() asks nothing of a server that cannot', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Hi.') });
  const model = connect(server);
  model.prewarm();
  await model.ready();
  await model.chat({ chatCtx: ask(), connOptions: once0 }).collect();
  expect(server.frames.map(({ type }) => type)).toEqual(['chat']);
});
