/** A `warm` ends once, in words that its asker can act on: warm, cancelled, failed, lost; where it is not offered nothing is sent. */
import { expect, test } from 'vitest';
import type { Channel, WarmEnd } from '../src/index.ts';
import { WatchedConnection } from './connect.ts';
import { complete, delta, ready, say } from './frames.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { ScriptedSocket } from './scripted-socket.ts';

const timing = { queue_ms: 1, total_ms: 20 };

async function pair(): Promise<[Channel, ScriptedSocket]> {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url, reconnect: false });
  return [await connection.open(), await server.client()];
}

/** Resolves once the channel has read everything that the server sent before. */
async function settled(channel: Channel, client: ScriptedSocket): Promise<void> {
  const last = new RecordedReply();
  channel.chat(say('last', 'last'), last);
  client.send(complete('last'));
  await last.ended;
}

test('it carries everything that was asked for, and tells how long it took', async () => {
  const [channel, client] = await pair();
  const request = { ...say('Hi', 'w1'), mirror: { key: 'call', keep: 0 }, instructions: 'Be brief.' };
  const warming = channel.warm(request);
  expect(await client.next()).toEqual({ type: 'warm', ...request });
  client.send({ type: 'warmed', id: 'w1', timing, prefilled_tokens: 300 });
  expect(warming?.id).toBe('w1');
  expect(await warming?.ended).toEqual({ type: 'warmed', timing, prefilledTokens: 300 });
});

test('without an id it gets one that no chat has', async () => {
  const [channel, client] = await pair();
  const ids = [channel.warm(say('Hi'))?.id, channel.chat(say('Hi'), new RecordedReply()).id];
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(await client.next()).toMatchObject({ id });
});

test.each<[string, object, WarmEnd]>([
  ['warmed', { type: 'warmed', id: 'w', timing }, { type: 'warmed', timing }],
  ['cancelled', complete('w', 'cancelled'), { type: 'cancelled' }],
  [
    'refused',
    { type: 'error', id: 'w', code: 'overloaded', message: 'Busy.', retryable: true, retry_after_ms: 5 },
    { type: 'failed', code: 'overloaded', message: 'Busy.', retryable: true, retryAfterMs: 5 },
  ],
])('%s: the first end holds, and nothing else moves it', async (_name, frame, end) => {
  const [channel, client] = await pair();
  const warming = channel.warm(say('Hi', 'w'));
  client.send(delta('w', 'no reply'), frame, {
    type: 'warmed',
    id: 'w',
    timing: { queue_ms: 0, total_ms: 0 },
  });
  client.send(complete('w', 'cancelled'));
  expect(await warming?.ended).toEqual(end);
  await settled(channel, client);
});

test('cancelling sends one frame while it is open, and none after its end', async () => {
  const [channel, client] = await pair();
  const warming = channel.warm(say('Hi', 'w'));
  warming?.cancel();
  warming?.cancel();
  client.send(complete('w', 'cancelled'));
  await warming?.ended;
  warming?.cancel();
  await settled(channel, client);
  expect(client.frames.map(({ type }) => type)).toEqual(['warm', 'cancel', 'chat']);
});

test('it is lost with its socket, whichever side ends it', async () => {
  const [channel, client] = await pair();
  const first = channel.warm(say('Hi'));
  client.close(1012, 'restart');
  expect(await first?.ended).toMatchObject({ type: 'lost', closeCode: 1012, retryable: true });
  expect(() => channel.warm(say('Hi'))).toThrow('connection that is closed');
  const [other] = await pair();
  const second = other.warm(say('Hi'));
  other.close();
  expect(await second?.ended).toMatchObject({ type: 'lost', closeCode: 1000 });
});

test('where the server does not offer it nothing is sent; where it does, it is', async () => {
  const [channel, client] = await pair();
  client.send({ ...ready(), features: ['standalone'] });
  await settled(channel, client);
  expect(channel.warm(say('Hi'))).toBeUndefined();
  client.send({ ...ready(), features: ['warm'] });
  await expect.poll(() => channel.ready?.features).toEqual(['warm']);
  channel.warm(say('Hi', 'w'));
  await client.next();
  expect(await client.next()).toMatchObject({ type: 'warm', id: 'w' });
});

test('a server that mixes up ends breaks the protocol: the chat fails and is cancelled', async () => {
  const [channel, client] = await pair();
  const recorded = new RecordedReply();
  channel.chat(say('Hi', 'c'), recorded);
  client.send({ type: 'warmed', id: 'c', timing });
  expect(await recorded.ended).toMatchObject({ type: 'failed', code: 'internal', retryable: false });
  await settled(channel, client);
  expect(client.frames).toContainEqual({ type: 'cancel', id: 'c' });
});
