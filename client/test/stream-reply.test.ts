/** A reply can be pulled: its parts in order, its end last, and leaving the loop early cancels it. */
import { expect, test } from 'vitest';
import { type Channel, type ReplyEnd, type ReplyPart, streamReply } from '../src/index.ts';
import { WatchedConnection } from './connect.ts';
import { complete, delta, say } from './frames.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { ScriptedSocket } from './scripted-socket.ts';

async function pair(): Promise<[Channel, ScriptedSocket]> {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url, reconnect: false });
  return [await connection.open(), await server.client()];
}

test('parts come in order and the end last, whether the reader is slower or faster than the server', async () => {
  const [channel, client] = await pair();
  const items: (ReplyPart | ReplyEnd)[] = [];
  void client.next().then(async () => {
    client.send(delta('a', '1'), delta('a', '2'));
    await expect.poll(() => items.length).toBe(2);
    client.send(delta('a', '3'), complete('a'));
  });
  for await (const item of streamReply(channel, say('Hi', 'a'))) items.push(item);
  expect(items).toEqual([
    { type: 'text', text: '1' },
    { type: 'text', text: '2' },
    { type: 'text', text: '3' },
    expect.objectContaining({ type: 'complete', finishReason: 'stop' }),
  ]);
});

test('leaving the loop cancels the reply', async () => {
  const [channel, client] = await pair();
  void client.next().then(() => client.send(delta('a', '1'), delta('a', '2')));
  for await (const item of streamReply(channel, say('Hi', 'a'))) {
    expect(item).toEqual({ type: 'text', text: '1' });
    break;
  }
  expect(await client.next()).toEqual({ type: 'cancel', id: 'a' });
});

test('an error thrown in the loop cancels the reply and is not swallowed', async () => {
  const [channel, client] = await pair();
  void client.next().then(() => client.send(delta('a', '1')));
  const reading = (async () => {
    for await (const item of streamReply(channel, say('Hi', 'a')))
      throw new Error(`cannot read ${item.type}`);
  })();
  await expect(reading).rejects.toThrow('cannot read text');
  expect(await client.next()).toEqual({ type: 'cancel', id: 'a' });
});

test('reading to the end cancels nothing', async () => {
  const [channel, client] = await pair();
  void client.next().then(() => client.send(complete('a')));
  for await (const item of streamReply(channel, say('Hi', 'a'))) expect(item.type).toBe('complete');
  channel.chat(say('more', 'b'), new RecordedReply());
  expect(await client.next()).toMatchObject({ type: 'chat', id: 'b' });
});

test('a lost connection is the last thing that a reader sees', async () => {
  const [channel, client] = await pair();
  void client.next().then(() => {
    client.send(delta('a', 'half'));
    client.close(1012);
  });
  const types: string[] = [];
  for await (const item of streamReply(channel, say('Hi', 'a'))) types.push(item.type);
  expect(types).toEqual(['text', 'lost']);
});

test('on a channel that is closed it throws', async () => {
  const [channel] = await pair();
  channel.close();
  await expect(streamReply(channel, say('Hi')).next()).rejects.toThrow('connection that is closed');
});
