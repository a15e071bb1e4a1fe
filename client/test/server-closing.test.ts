/** When the server says that it closes, the next socket is there before it is needed: what runs finishes on the old one, what comes waits for the new one. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ConnectionOptions } from '../src/index.ts';
import { WatchedConnection } from './connect.ts';
import { complete, delta, ready, say } from './frames.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer, type Welcome } from './scripted-server.ts';
import type { ScriptedSocket } from './scripted-socket.ts';

const closing = { type: 'closing', grace_ms: 10_000 };

/** A connection that has been open for longer than any pause, so that nothing is hurried; `later` decides about further attempts. */
async function settledPair(
  later: Welcome | ((attempt: number) => Welcome | Promise<Welcome>),
  options: Partial<ConnectionOptions> = {},
) {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const server = await ScriptedServer.start((attempt) => {
    if (attempt === 0) return 'v1';
    return typeof later === 'function' ? later(attempt) : later;
  });
  const connection = new WatchedConnection({ url: server.url, ...options });
  const channel = await connection.open();
  const client = await server.client();
  client.send({ ...ready(), features: ['warm'] });
  await expect.poll(() => channel.ready).toBeDefined();
  vi.setSystemTime(Date.now() + 3_600_000);
  return { server, connection, channel, client };
}

const typesOf = (connection: WatchedConnection): string[] => connection.states.map(({ type }) => type);

/** Until the connection has heard it. */
async function sayClosing(client: ScriptedSocket, connection: WatchedConnection): Promise<void> {
  client.send(closing);
  await expect.poll(() => connection.channel).toBeUndefined();
}

/** Long enough for an attempt to be made, were one planned. */
const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

test('the next socket is opened at once; what runs goes on to its end on the old one, which is then closed', async () => {
  // With these pauses only an attempt at once can succeed.
  const { server, connection, channel, client } = await settledPair('v1', {
    backOffMs: { first: 60_000, max: 60_000 },
  });
  const running = new RecordedReply();
  channel.chat(say('Hi', 'a'), running);
  client.send(delta('a', 'half '), closing);
  const { channel: next } = await connection.entered('open', 2);
  expect(connection.channel).toBe(next);
  expect(channel).toMatchObject({ open: true, closing: true });
  const newClient = await server.client();
  const fresh = new RecordedReply();
  next.chat(say('More', 'b'), fresh);
  newClient.send(complete('b'));
  await fresh.ended;
  client.send(delta('a', 'and half'), complete('a'));
  expect(await running.ended).toMatchObject({ type: 'complete', finishReason: 'stop' });
  expect(running.text).toBe('half and half');
  expect(await client.closed).toBe(1000);
  expect(typesOf(connection)).toEqual(['connecting', 'open', 'open']);
  expect(next.open).toBe(true);
});

test('whoever asks meanwhile gets the new one, and not a refusal from the old', async () => {
  let admit: (welcome: Welcome) => void = () => {};
  const { connection, channel, client, server } = await settledPair(
    () => new Promise<Welcome>((resolve) => (admit = resolve)),
  );
  channel.chat(say('Hi', 'a'), new RecordedReply());
  await sayClosing(client, connection);
  expect(connection.state).toMatchObject({ type: 'open', channel: { open: true } });
  const opening = connection.open();
  await expect.poll(() => server.offers.length).toBe(2);
  admit('v1');
  const next = await opening;
  expect(next).not.toBe(channel);
  const reply = new RecordedReply();
  next.chat(say('More', 'b'), reply);
  (await server.client()).send(complete('b'));
  expect(await reply.ended).toMatchObject({ type: 'complete' });
  expect(client.frames.map((frame) => ('id' in frame ? frame.id : ''))).toEqual(['a']);
  expect(server.offers.length).toBe(2);
});

test('an idle connection that the server closes at once stays open for its owner', async () => {
  let admit: (welcome: Welcome) => void = () => {};
  const { connection, client, server } = await settledPair(
    () => new Promise<Welcome>((resolve) => (admit = resolve)),
  );
  client.send(closing);
  client.close(1001);
  await client.closed;
  await expect.poll(() => server.offers.length).toBe(2);
  await moment();
  admit('v1');
  expect((await connection.open()).open).toBe(true);
  expect(typesOf(connection)).toEqual(['connecting', 'open', 'open']);
});

test('while there is nobody to go to, pauses grow and the old one stays; with its end the loss is told', async () => {
  let isBack = false;
  const { server, connection, channel, client } = await settledPair(() => (isBack ? 'v1' : 'hang up'));
  const running = new RecordedReply();
  channel.chat(say('Hi', 'a'), running);
  await sayClosing(client, connection);
  await expect.poll(() => server.offers.length).toBeGreaterThan(4);
  expect(typesOf(connection)).toEqual(['connecting', 'open']);
  await expect(connection.open()).rejects.toMatchObject({ reason: 'unreachable' });
  client.send(complete('a'));
  expect(await running.ended).toMatchObject({ type: 'complete' });
  client.close(1001);
  const { error } = await connection.entered('waiting');
  expect(error.message).not.toContain('1001');
  isBack = true;
  expect((await connection.entered('open', 2)).channel.open).toBe(true);
});

test('a server that is simply gone afterwards is dialled again in growing pauses', async () => {
  const { connection, client } = await settledPair('hang up', { backOffMs: { first: 2, max: 8 } });
  client.send(closing);
  client.close(1001);
  await connection.entered('waiting', 4);
  connection.close();
  const pauses = connection.states.flatMap((state) => (state.type === 'waiting' ? [state.retryInMs] : []));
  for (const [index, longestMs] of [2, 4, 8, 8].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(longestMs / 2);
    expect(pauses[index]).toBeLessThanOrEqual(longestMs);
  }
});

test('a refusal is told when the old one has ended, and what runs on it goes on till then', async () => {
  const { server, connection, channel, client } = await settledPair(403);
  const running = new RecordedReply();
  channel.chat(say('Hi', 'a'), running);
  await sayClosing(client, connection);
  await expect.poll(() => server.offers.length).toBe(2);
  await moment();
  expect(typesOf(connection)).toEqual(['connecting', 'open']);
  client.send(complete('a'));
  await running.ended;
  client.close(1001);
  expect((await connection.entered('refused')).error.status).toBe(403);
  await moment();
  expect(server.offers.length).toBe(2);
});

test('a server that takes in and says at once that it closes, over and over, is not dialled in a hurry', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url, backOffMs: { first: 60_000, max: 60_000 } });
  await connection.open();
  const client = await server.client();
  client.send(ready());
  await sayClosing(client, connection);
  await moment();
  expect(server.offers.length).toBe(1);
  expect((await connection.open()).open).toBe(true);
});

test('with reconnect off nothing is dialled ahead, but whoever asks gets a new one', async () => {
  const { server, connection, channel, client } = await settledPair('v1', { reconnect: false });
  await sayClosing(client, connection);
  await moment();
  expect(server.offers.length).toBe(1);
  expect(await connection.open()).not.toBe(channel);
  expect(await client.closed).toBe(1000);
});

test('the owner is told of the newest server alone, however much the old one still says', async () => {
  const told: string[] = [];
  const { server, connection, channel, client } = await settledPair('v1', {
    events: {
      ready: (frame) => told.push(frame.server),
      closing: () => told.push('closing'),
      annotation: ({ reply }) => told.push(`about ${reply}`),
    },
  });
  const running = new RecordedReply();
  channel.chat(say('Hi', 'a'), running);
  client.send(closing);
  await connection.entered('open', 2);
  (await server.client()).send({ ...ready(), server: 'scripted 2' });
  await expect.poll(() => told.length).toBe(3);
  client.send({ ...ready(), server: 'late' }, closing, { type: 'annotation', reply: 'x' }, complete('a'));
  await running.ended;
  expect(told).toEqual(['scripted 1', 'closing', 'scripted 2', 'about x']);
});

test('a reset and a warm that are still on the old one are waited for', async () => {
  const { connection, channel, client } = await settledPair('v1');
  const reset = channel.reset();
  const warming = channel.warm(say('Hi', 'w'));
  client.send(closing);
  await connection.entered('open', 2);
  client.send({ type: 'reset_complete' });
  await reset;
  expect(channel.open).toBe(true);
  client.send({ type: 'warmed', id: 'w', timing: { queue_ms: 0, total_ms: 1 } });
  expect(await warming?.ended).toMatchObject({ type: 'warmed' });
  expect(await client.closed).toBe(1000);
});

test('closed by its owner meanwhile, all of its sockets are closed, and replies are lost once', async () => {
  const { server, connection, channel, client } = await settledPair('v1');
  const [before, after] = [new RecordedReply(), new RecordedReply()];
  channel.chat(say('Hi'), before);
  client.send(closing);
  (await connection.entered('open', 2)).channel.chat(say('Hi'), after);
  connection.close();
  for (const reply of [before, after]) expect(reply.ends).toMatchObject([{ type: 'lost', closeCode: 1000 }]);
  expect(await client.closed).toBe(1000);
  await expect.poll(() => server.lines).toBe(0);
  expect(typesOf(connection)).toEqual(['connecting', 'open', 'open', 'closed']);
});

test('closed by its owner while the next one is dialled, that handshake is given up', async () => {
  const { server, connection, client } = await settledPair('silent');
  await sayClosing(client, connection);
  await expect.poll(() => server.offers.length).toBe(2);
  connection.close();
  await expect.poll(() => server.lines).toBe(0);
});
