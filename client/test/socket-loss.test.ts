/** When the socket ends, every open reply ends with it, exactly once, as lost; the close code says whether to try again. */
import { SUBPROTOCOL } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import type { Channel, Dialect } from '../src/index.ts';
import { WatchedConnection } from './connect.ts';
import { complete, delta, ready, say } from './frames.ts';
import { InMemorySocket } from './in-memory-socket.ts';
import { RecordedReply } from './recorded-reply.ts';
import { ScriptedServer } from './scripted-server.ts';

async function openOne(dialect: Dialect = 'v1') {
  const server = await ScriptedServer.start(dialect);
  const connection = new WatchedConnection({ url: server.url, dialect, reconnect: false });
  return { connection, channel: await connection.open(), client: await server.client() };
}

function chats(channel: Channel, count: number): RecordedReply[] {
  return Array.from({ length: count }, () => {
    const reply = new RecordedReply();
    channel.chat(say('Hi'), reply);
    return reply;
  });
}

test.each([
  [1000, false],
  [1001, true],
  [1009, false],
  [1011, true],
  [1012, true],
  [1013, true],
  [4400, false],
  [4403, false],
  [4409, false],
])(
  'closed with %i, three open replies are lost once each, retryable: %s [P-14]',
  async (closeCode, retryable) => {
    for (const dialect of ['v1', 'plain'] as const) {
      const { channel, client } = await openOne(dialect);
      const replies = chats(channel, 3);
      client.close(closeCode, 'because');
      const message = `the connection ended (${closeCode}: because)`;
      for (const reply of replies) {
        expect(await reply.ended).toEqual({ type: 'lost', closeCode, message, retryable });
        expect(reply.late).toEqual([]);
      }
      expect(channel.open).toBe(false);
    }
  },
);

test('a line that is cut loses replies in the middle; those that had ended stay as they were [P-14]', async () => {
  const { channel, client } = await openOne();
  const [done, begun, waiting] = chats(channel, 3);
  client.send(delta('r1', 'all'), complete('r1'), delta('r2', 'half'));
  await done?.ended;
  client.drop();
  const lost = { type: 'lost', closeCode: 1006, message: 'the connection ended (1006)', retryable: true };
  expect(await begun?.ended).toEqual(lost);
  expect(await waiting?.ended).toEqual(lost);
  expect(begun?.text).toBe('half');
  expect(done?.ends).toMatchObject([{ type: 'complete' }]);
  expect(done?.late).toEqual([]);
});

test.each(['v1', 'plain'] as const)('a reset that waits on %s is rejected, in words', async (dialect) => {
  const { channel, client } = await openOne(dialect);
  const reset = channel.reset();
  client.close(1012, 'restart');
  await expect(reset).rejects.toThrow('the connection ended (1012: restart)');
});

test.each(['v1', 'plain'] as const)('on %s nothing can be asked once the socket is gone', async (dialect) => {
  const { channel } = await openOne(dialect);
  channel.close();
  expect(() => channel.chat(say('Hi'), new RecordedReply())).toThrow('connection that is closed');
  await expect(channel.reset()).rejects.toThrow('connection that is closed');
});

test('the owner is told after every reply has ended', async () => {
  const server = await ScriptedServer.start();
  const order: string[] = [];
  const connection = new WatchedConnection({
    url: server.url,
    onState: ({ type }) => order.push(type),
  });
  const channel = await connection.open();
  for (const name of ['first', 'second']) {
    channel.chat(say(name), { part: () => undefined, end: () => order.push(name) });
  }
  (await server.client()).close(1012);
  await connection.entered('waiting');
  expect(order.slice(0, 5)).toEqual(['connecting', 'open', 'first', 'second', 'waiting']);
});

test('a reader that asks again as soon as its reply is lost gets the next socket, not the dead one', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channel = await connection.open();
  const again = new RecordedReply();
  channel.chat(say('Hi'), {
    part: () => undefined,
    end: () => void connection.open().then((next) => next.chat(say('Hi again'), again)),
  });
  (await server.client()).close(1012);
  const client = await server.client();
  expect(await client.next()).toMatchObject({ id: 'r2', messages: [{ content: 'Hi again' }] });
  client.send(ready(), complete('r2'));
  expect(await again.ended).toMatchObject({ type: 'complete' });
});

test.each(['v1', 'plain'] as const)('on %s ids of a lost socket are not given again', async (dialect) => {
  const server = await ScriptedServer.start(dialect);
  const connection = new WatchedConnection({ url: server.url, dialect });
  await connection.open();
  const ids: string[] = [];
  for (let socket = 1; socket <= 3; socket += 1) {
    const { channel } = await connection.entered('open', socket);
    for (const word of ['one', 'two']) ids.push(channel.chat(say(word), new RecordedReply()).id);
    (await server.client()).drop();
  }
  expect(new Set(ids).size).toBe(6);
});

test.each(['v1', 'plain'] as const)(
  'a socket on %s that begins to close takes nothing more, even where its end is long in coming',
  async (dialect) => {
    const first = new InMemorySocket(dialect === 'v1' ? [SUBPROTOCOL] : []);
    let opened = 0;
    const connection = new WatchedConnection({
      url: 'ws://nowhere',
      dialect,
      open: (_url, protocols) => ((opened += 1) === 1 ? first : new InMemorySocket(protocols)),
    });
    const channel = await connection.open();
    const reply = new RecordedReply();
    channel.chat(say('Hi'), reply);
    first.readyState = 2;
    expect(channel.open).toBe(false);
    expect(connection.channel).toBeUndefined();
    expect(() => channel.chat(say('Hi'), new RecordedReply())).toThrow('connection that is closed');
    const next = await connection.open();
    expect(next).not.toBe(channel);
    first.end(1001);
    expect(await reply.ended).toMatchObject({ type: 'lost', closeCode: 1001 });
    expect(connection.channel).toBe(next);
    expect(connection.states.map(({ type }) => type)).toEqual(['connecting', 'open', 'open']);
    expect(opened).toBe(2);
  },
);
