/** A token travels with every handshake, fetched anew for each; it is in no message, and where there is none the attempt has failed. */
import { inspect } from 'node:util';
import { SUBPROTOCOL } from '@ws-llm/protocol';
import { expect, onTestFinished, test, vi } from 'vitest';
import { overBrowser, WatchedConnection } from './connect.ts';
import { ScriptedServer, type Welcome } from './scripted-server.ts';

/** Of a length and with letters that give all of `+`, `/` and `=` in plain base64. */
const token = 'tök>>>???~~~x';
const travelling = `bearer.${Buffer.from(token).toString('base64url')}`;

function throwing(message: string): never {
  throw new Error(message);
}

test('it travels after the dialect, in letters that a subprotocol may have', async () => {
  expect(Buffer.from(token).toString('base64')).toMatch(/[+/].*=/);
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url, token, open: overBrowser });
  expect((await connection.open()).dialect).toBe('v1');
  expect(server.offers).toEqual([`${SUBPROTOCOL},${travelling}`]);
});

test('a plain handshake has no place for it among the subprotocols, and goes without', async () => {
  const server = await ScriptedServer.start('plain');
  const connection = new WatchedConnection({ url: server.url, token });
  expect((await connection.open()).dialect).toBe('plain');
  expect(server.offers).toEqual([`${SUBPROTOCOL},${travelling}`, '']);
});

test('where the platform has headers it may go there, on plain as well', async () => {
  for (const dialect of ['v1', 'plain'] as const) {
    const server = await ScriptedServer.start(dialect);
    const connection = new WatchedConnection({ url: server.url, token: 'abc', tokenIn: 'header', dialect });
    await connection.open();
    expect(server.offers).toEqual([dialect === 'v1' ? SUBPROTOCOL : '']);
    expect(server.authorizations).toEqual(['Bearer abc']);
  }
});

test('without a token nothing is offered beside the dialect', async () => {
  const server = await ScriptedServer.start();
  await new WatchedConnection({ url: server.url, tokenIn: 'header' }).open();
  expect(server.offers).toEqual([SUBPROTOCOL]);
  expect(server.authorizations).toEqual([undefined]);
});

test.each([
  ['at once', (text: string) => text],
  ['later', (text: string) => Promise.resolve(text)],
])('a function that gives it %s is asked anew for each attempt', async (_name, give) => {
  const server = await ScriptedServer.start((attempt): Welcome => (attempt === 1 ? 'hang up' : 'v1'));
  let asked = 0;
  const connection = new WatchedConnection({
    url: server.url,
    tokenIn: 'header',
    token: () => give(`token-${++asked}`),
  });
  await connection.open();
  (await server.client()).close(1012);
  await connection.entered('open', 2);
  expect(server.authorizations).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
});

test.each<[string, () => string | Promise<string>, string]>([
  ['throws', () => throwing('the vault is closed'), 'the vault is closed'],
  ['rejects', () => Promise.reject(new Error('the vault is closed')), 'the vault is closed'],
  ['gives nothing', () => '', 'the function gave none'],
])('a function that %s fails the attempt, and is asked again after a pause', async (_name, fail, why) => {
  const server = await ScriptedServer.start();
  let asked = 0;
  const connection = new WatchedConnection({
    url: server.url,
    token: () => (++asked <= 2 ? fail() : 'abc'),
  });
  const message = `${server.url}: there was no token: ${why}`;
  await expect(connection.open()).rejects.toMatchObject({ name: 'ConnectionError', message });
  await connection.entered('open');
  expect(asked).toBe(3);
  expect(server.offers.length).toBe(1);
  const types = connection.states.map(({ type }) => type);
  expect(types).toEqual(['connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'open']);
});

test('a function that never answers fails the attempt in time, and holds up nobody who closes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const options = {
    url: 'ws://127.0.0.1:1',
    token: () => new Promise<never>(() => {}),
    connectTimeoutMs: 30,
  };
  const late = new WatchedConnection({ ...options, reconnect: false });
  const opening = late.open();
  vi.advanceTimersByTime(30);
  await expect(opening).rejects.toMatchObject({
    reason: 'timeout',
    message: 'ws://127.0.0.1:1: there was no token within 30 ms',
  });
  const closed = new WatchedConnection(options);
  const given = closed.open();
  closed.close();
  await expect(given).rejects.toMatchObject({ reason: 'closed' });
  expect(vi.getTimerCount()).toBe(0);
});

test('it is in no state and no error, however the attempt fails', async () => {
  for (const welcome of ['hang up', 'silent', 401] as const) {
    for (const tokenIn of ['subprotocol', 'header'] as const) {
      const server = await ScriptedServer.start(welcome);
      const secret = 'sesame-open';
      const connection = new WatchedConnection({
        url: server.url,
        token: secret,
        tokenIn,
        connectTimeoutMs: 20,
      });
      const error = await connection.open().catch((failure: unknown) => failure);
      connection.close();
      const told = inspect([connection.states, error], { depth: null });
      expect(told).toContain(server.url);
      expect(told).not.toContain(secret);
      expect(told).not.toContain(Buffer.from(secret).toString('base64url'));
    }
  }
});
