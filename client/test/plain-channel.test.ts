/** On a plain socket answers belong to what was sent, in order; and the only way to cancel is to close. */
import { expect, test } from 'vitest';
import type { Channel, ConnectionOptions } from '../src/index.ts';
import { WatchedConnection } from './connect.ts';
import { say } from './frames.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { ScriptedSocket } from './scripted-socket.ts';

async function pair(
  options: Partial<ConnectionOptions> = {},
): Promise<[Channel, ScriptedSocket, WatchedConnection]> {
  const server = await ScriptedServer.start('plain');
  const connection = new WatchedConnection({ url: server.url, dialect: 'plain', ...options });
  const channel = await connection.open();
  return [channel, await server.client(), connection];
}

function chat(channel: Channel, content: string): RecordedReply {
  const reply = new RecordedReply();
  channel.chat(say(content), reply);
  return reply;
}

test('only messages travel, without an id', async () => {
  const [channel, client] = await pair();
  channel.chat({ ...say('Hi', 'q1'), instructions: 'Be brief.', params: { seed: 1 } }, new RecordedReply());
  expect(await client.next()).toEqual({ type: 'chat', messages: [{ role: 'user', content: 'Hi' }] });
  expect(channel.ready).toBeUndefined();
});

test('answers belong to requests in order: replies, errors and resets', async () => {
  const [channel, client] = await pair();
  const first = chat(channel, 'one');
  const second = chat(channel, 'two');
  const reset = channel.reset();
  const third = chat(channel, 'three');
  for (const type of ['chat', 'chat', 'reset', 'chat']) expect(await client.next()).toMatchObject({ type });
  client.send(
    { type: 'delta', content: 'O' },
    { type: 'delta', content: 'ne' },
    { type: 'complete', content: 'One' },
    { type: 'delta', content: 'Tw' },
    { type: 'error', message: 'The model is gone.' },
    { type: 'reset_complete', message: 'Conversation history cleared' },
    { type: 'symptoms_collected', symptoms: [] },
    { type: 'complete', content: '' },
  );
  expect(await first.ended).toEqual({ type: 'complete', finishReason: 'stop' });
  expect(first.text).toBe('One');
  expect(await second.ended).toEqual({ type: 'failed', message: 'The model is gone.', retryable: false });
  expect(second.text).toBe('Tw');
  await reset;
  expect(await third.ended).toEqual({ type: 'complete', finishReason: 'stop' });
  expect(third.parts).toEqual([
    { type: 'persona_frame', frame: { type: 'symptoms_collected', symptoms: [] } },
  ]);
});

test('a reset that fails is rejected in the words of the server', async () => {
  const [channel, client] = await pair();
  const reset = channel.reset();
  client.send({ type: 'error', message: 'Not now.' });
  await expect(reset).rejects.toThrow('Not now.');
});

test('frames that are not plain are ignored, and an answer to nothing is told', async () => {
  const unexpected: string[] = [];
  const [channel, client] = await pair({ events: { unexpected: (message) => unexpected.push(message) } });
  client.send('not json', '[]', Buffer.from('{"type":"complete","content":""}'), {
    type: 'complete',
    content: 'to nobody',
  });
  await expect.poll(() => unexpected).toEqual(['an answer to nothing']);
  const reply = chat(channel, 'Hi');
  client.send({ type: 'pong' }, { type: 'ready' }, { type: 'delta', content: 'Hello' });
  client.send({ type: 'complete', content: 'Hello' });
  await reply.ended;
  expect(reply.text).toBe('Hello');
});

test('cancelling ends the reply at once, closes the socket, and the next one is dialled', async () => {
  const [channel, client, connection] = await pair();
  const recorded = new RecordedReply();
  const reply = channel.chat(say('Hi'), recorded);
  client.send({ type: 'delta', content: 'Well' });
  await expect.poll(() => recorded.text).toBe('Well');
  reply.cancel();
  reply.cancel();
  expect(recorded.ends).toEqual([{ type: 'complete', finishReason: 'cancelled' }]);
  expect(channel.open).toBe(false);
  expect(await client.closed).toBe(1000);
  expect(recorded.late).toEqual([]);
  expect((await connection.entered('open', 2)).channel).not.toBe(channel);
});

test('cancelling one loses the others on that socket', async () => {
  const [channel] = await pair({ reconnect: false });
  const recorded = new RecordedReply();
  const reply = channel.chat(say('one'), recorded);
  const other = chat(channel, 'two');
  reply.cancel();
  expect(await other.ended).toMatchObject({ type: 'lost', closeCode: 1000 });
  expect(other.late).toEqual([]);
});

test('cancelling a reply that has ended keeps the socket', async () => {
  const [channel, client] = await pair();
  const recorded = new RecordedReply();
  const reply = channel.chat(say('Hi'), recorded);
  client.send({ type: 'complete', content: '' });
  await recorded.ended;
  reply.cancel();
  const next = chat(channel, 'more');
  client.send({ type: 'complete', content: '' });
  expect(await next.ended).toMatchObject({ type: 'complete' });
});

test('what a plain server does not have is not asked of it: warming, threads by name', async () => {
  const [channel, client] = await pair();
  expect(channel.warm(say('Hi'))).toBeUndefined();
  await expect(channel.reset('diary')).rejects.toThrow('"diary": a plain server has none');
  channel.close();
  expect(() => channel.warm(say('Hi'))).toThrow('connection that is closed');
  await client.closed;
  expect(client.frames).toEqual([]);
});
