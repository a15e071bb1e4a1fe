/** A server that has gone silent is dropped and dialled again; one that answers is kept, however little it has to say. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { Heartbeat } from '../src/heartbeat.ts';
import { WatchedConnection } from './connect.ts';
import { delta, ready, say } from './frames.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';

const limits = { ping_interval_ms: 20, silence_ms: 60 };

test('a silent server is asked, then dropped, its replies lost, and dialled again', async () => {
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
