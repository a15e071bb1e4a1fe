/** A server that has gone silent is dropped and dialled again; one that answers is kept, however little it has to say. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { Heartbeat } from '../src/heartbeat.ts';
import { WatchedConnection } from './connect.ts';
import { delta, ready, say } from './frames.ts';
import { InMemorySocket } from './in-memory-socket.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';

const limits = { ping_interval_ms: 20, silence_ms: 60 };

test('a silent server is asked, then dropped, its replies lost, and dialled again [P-96]', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const client = await server.client();
  const reply = new RecordedReply();
  channel.chat(say('Hi'), reply);
  client.send(ready(limits), delta('r1', 'half'));
  expect(await reply.ended).toEqual({
    type: 'lost',
    closeCode: 1006,
    message: 'the connection ended (1006: the server was silent)',
    retryable: true,
  });
  expect(await client.closed).toBe(1006);
  expect(client.frames.map(({ type }) => type)).toContain('ping');
  expect((await connection.entered('open', 2)).channel.open).toBe(true);
});

test('whenever the last frame came, a server is asked within an interval, and dropped after the silence allowed', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (const [intervalMs, silenceMs] of [
    [200, 300],
    [200, 1_000],
    [200, 200],
    [200, 0],
  ] as const) {
    for (let lastFrameMs = 0; lastFrameMs <= 250; lastFrameMs += 50) {
      const asked: number[] = [];
      const dropped: number[] = [];
      const heartbeat = new Heartbeat({
        ping: () => asked.push(Date.now()),
        silent: () => dropped.push(Date.now()),
      });
      heartbeat.start(intervalMs, silenceMs);
      vi.advanceTimersByTime(lastFrameMs);
      heartbeat.heard();
      const heardAt = Date.now();
      asked.length = 0;
      vi.advanceTimersByTime(5_000);
      expect(dropped.length).toBe(1);
      const [askedMs = Number.NaN] = asked.map((at) => at - heardAt);
      const [silentMs = Number.NaN] = dropped.map((at) => at - heardAt);
      expect(askedMs).toBeLessThanOrEqual(intervalMs);
      // A server that is asked has at least half an interval to answer, however short the silence allowed.
      expect(silentMs - askedMs).toBeGreaterThanOrEqual(intervalMs / 2);
      const allowedMs = Math.max(silenceMs, intervalMs);
      expect(silentMs).toBeGreaterThanOrEqual(allowedMs);
      expect(silentMs).toBeLessThanOrEqual(allowedMs + intervalMs / 2);
      expect(vi.getTimerCount()).toBe(0);
    }
  }
});

test('a request after quiet asks for a sign of life, and a quarter of an interval later the line is given up', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (let quietMs = 101; quietMs <= 900; quietMs += 50) {
    const told: [string, number][] = [];
    const heartbeat = new Heartbeat({
      ping: () => told.push(['ping', Date.now()]),
      silent: () => told.push(['silent', Date.now()]),
    });
    heartbeat.start(200, 100_000);
    vi.advanceTimersByTime(quietMs);
    told.length = 0;
    heartbeat.probe();
    const askedAt = Date.now();
    heartbeat.probe();
    expect(told).toEqual([['ping', askedAt]]);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([
      ['ping', askedAt],
      ['silent', askedAt + 50],
    ]);
    heartbeat.probe();
    expect(told.length).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  }
});

test('a server that answers is not given up, and one that was heard just now is not asked at all', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let pings = 0;
  let dropped = 0;
  const heartbeat = new Heartbeat({ ping: () => (pings += 1), silent: () => (dropped += 1) });
  heartbeat.probe();
  heartbeat.start(200, 100_000);
  heartbeat.probe();
  expect(pings).toBe(0);
  for (let turn = 1; turn <= 20; turn += 1) {
    vi.advanceTimersByTime(101);
    heartbeat.heard();
    heartbeat.probe();
  }
  expect(pings).toBe(0);
  for (let turn = 1; turn <= 20; turn += 1) {
    // Quiet for half an interval or more, but less than what makes it ask by itself.
    vi.advanceTimersByTime(150);
    heartbeat.probe();
    vi.advanceTimersByTime(24);
    heartbeat.heard();
    vi.advanceTimersByTime(2);
  }
  expect(pings).toBeGreaterThanOrEqual(10);
  expect(dropped).toBe(0);
  expect(vi.getTimerCount()).toBe(1);
  heartbeat.stop();
});

test('a request on a line that died unnoticed is lost soon, not after the silence allowed, and the next one gets through', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const client = await server.client();
  client.send(ready({ ping_interval_ms: 200, silence_ms: 3_600_000 }));
  // Asked once by the clock, and no answer to that.
  expect(await client.next()).toEqual({ type: 'ping' });
  const lost = new RecordedReply();
  channel.chat(say('Hi', 'a'), lost);
  // In this order: an answer must not wait behind a large request.
  expect(await client.next()).toEqual({ type: 'ping' });
  expect(await client.next()).toMatchObject({ type: 'chat' });
  expect(await lost.ended).toMatchObject({ type: 'lost', closeCode: 1006, retryable: true });
  expect((await connection.entered('open', 2)).channel.open).toBe(true);
});

test('a server that accepts and then says nothing, not even ready, is noticed as well', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const connection = new WatchedConnection({
    url: 'ws://nowhere',
    open: (_url, protocols) => new InMemorySocket(protocols),
    reconnect: false,
  });
  const channel = await connection.open();
  const reply = new RecordedReply();
  channel.chat(say('Hi'), reply);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(reply.ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(11_001);
  expect(reply.ends).toMatchObject([{ type: 'lost', closeCode: 1006 }]);
});

test('where the platform tells of the pings of the socket itself, they are signs of life', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const client = await server.client();
  client.send(ready(limits));
  for (let sent = 0; sent < 25; sent += 1) {
    await new Promise((resolve) => setTimeout(resolve, 8));
    client.ping();
  }
  expect(channel.open).toBe(true);
  expect(connection.states.map(({ type }) => type)).toEqual(['connecting', 'open']);
});

test('an interval longer than any timer is a long one, not none', async () => {
  const server = await ScriptedServer.start();
  const channel = await new WatchedConnection({ url: server.url }).open();
  const client = await server.client();
  client.send(ready({ ping_interval_ms: 1e13, silence_ms: 1e13 }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(channel.open).toBe(true);
  expect(client.frames).toEqual([]);
});

test('a server that answers pong and nothing else is kept', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const client = await server.client();
  client.send(ready(limits));
  for (let answered = 0; answered < 8; answered += 1) {
    expect(await client.next()).toEqual({ type: 'ping' });
    client.send({ type: 'pong' });
  }
  expect(channel.open).toBe(true);
  expect(connection.states.map(({ type }) => type)).toEqual(['connecting', 'open']);
});

test('a server that streams is not dropped, even when it answers no ping', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const client = await server.client();
  channel.chat(say('Hi'), new RecordedReply());
  client.send(ready(limits));
  for (let sent = 0; sent < 20; sent += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    client.send(delta('r1', 'x'));
  }
  expect(channel.open).toBe(true);
});

test('an interval of 0 turns the heartbeat off', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const client = await server.client();
  client.send(ready(limits), ready({ ping_interval_ms: 0, silence_ms: 0 }));
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(channel.open).toBe(true);
  expect(client.frames).toEqual([]);
});
