/** A client finds out which dialect a server speaks, also in a browser, which is told nothing; and remembers it. */
import { SUBPROTOCOL } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import { overBrowser, WatchedConnection } from './connect.ts';
import { ready } from './frames.ts';
import { ScriptedServer, type Welcome } from './scripted-server.ts';

const v1 = SUBPROTOCOL;
const nothing = '';

test('v1 is offered first, and taken where the server takes it', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  expect((await connection.open()).dialect).toBe('v1');
  expect(server.offers).toEqual([v1]);
});

test('where the server selects no subprotocol the client speaks plain, and remembers it for the next dial [P-8]', async () => {
  const server = await ScriptedServer.start('plain');
  const connection = new WatchedConnection({ url: server.url });
  expect((await connection.open()).dialect).toBe('plain');
  expect(server.offers).toEqual([v1, nothing]);
  // The first client that got in was the one that offered v1 and left again.
  await server.client();
  (await server.client()).close(1012);
  expect((await connection.entered('open', 2)).channel.dialect).toBe('plain');
  expect(server.offers).toEqual([v1, nothing, nothing]);
});

test('a browser speaks plain only after v1 failed twice', async () => {
  const server = await ScriptedServer.start('plain');
  const connection = new WatchedConnection({ url: server.url, open: overBrowser });
  expect((await connection.open()).dialect).toBe('plain');
  expect(server.offers).toEqual([v1, nothing, v1]);
});

test('a browser does not take a server that just came back for a plain one, and keeps one socket', async () => {
  const server = await ScriptedServer.start((attempt): Welcome => (attempt === 0 ? 'hang up' : 'v1'));
  const connection = new WatchedConnection({ url: server.url, open: overBrowser });
  const channel = await connection.open();
  expect(channel.dialect).toBe('v1');
  expect(server.offers).toEqual([v1, nothing, v1]);
  const given = await server.client();
  const kept = await server.client();
  expect(await given.closed).toBe(1000);
  kept.send(ready());
  kept.close(1012);
  expect((await connection.entered('open', 2)).channel.dialect).toBe('v1');
  expect(server.offers.at(-1)).toBe(v1);
});

test('a browser tells a server that is away as unreachable, not as plain', async () => {
  const server = await ScriptedServer.start('hang up');
  const connection = new WatchedConnection({ url: server.url, open: overBrowser });
  await expect(connection.open()).rejects.toMatchObject({
    reason: 'unreachable',
    message: `${server.url}: the WebSocket could not be opened`,
  });
});

test('a browser does not take a server for plain that only was too slow', async () => {
  const server = await ScriptedServer.start(
    (attempt): Welcome => (['hang up', 'v1'] as const)[attempt] ?? 'silent',
  );
  const connection = new WatchedConnection({
    url: server.url,
    open: overBrowser,
    connectTimeoutMs: 30,
    reconnect: false,
  });
  await expect(connection.open()).rejects.toMatchObject({ reason: 'timeout' });
  await expect.poll(() => server.lines).toBe(0);
});

test('a browser whose plain socket is gone when it is decided tries again, and is not left with a dead one', async () => {
  const server = await ScriptedServer.start((attempt): Welcome => (attempt < 3 ? 'plain' : 'v1'));
  const connection = new WatchedConnection({
    url: server.url,
    open: (url, protocols) => {
      // The third attempt: by now the server has cut the plain socket of the second.
      if (server.offers.length === 2)
        void server
          .client()
          .then(() => server.client())
          .then((client) => client.drop());
      return overBrowser(url, protocols);
    },
  });
  await connection.open().catch(() => undefined);
  const { channel } = await connection.entered('open');
  expect(channel.dialect).toBe('v1');
});

test.each([
  ['plain', nothing],
  ['v1', v1],
] as const)('a client that was told to speak %s asks for nothing else', async (dialect, offer) => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url, dialect });
  expect((await connection.open()).dialect).toBe(dialect);
  expect(server.offers).toEqual([offer]);
});

test('a client that was told to speak v1 does not fall back', async () => {
  const server = await ScriptedServer.start('plain');
  const connection = new WatchedConnection({ url: server.url, dialect: 'v1', reconnect: false });
  await expect(connection.open()).rejects.toThrow('subprotocol');
  expect(server.offers).toEqual([v1]);
});
