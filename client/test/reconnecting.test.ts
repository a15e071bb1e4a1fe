/** A lost connection comes back by itself, in growing pauses; a server that says no is left alone until someone asks again. */
import { expect, test } from 'vitest';
import { BackOff } from '../src/back-off.ts';
import { WatchedConnection } from './connect.ts';
import { ready } from './frames.ts';
import { ScriptedServer, type Welcome } from './scripted-server.ts';

/** Longer than every pause that these tests allow. */
const longerThanAnyPauseMs = 40;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function expectPauses(connection: WatchedConnection, ceilings: number[]): void {
  const pauses = connection.states.flatMap((state) => (state.type === 'waiting' ? [state.retryInMs] : []));
  expect(pauses.length).toBe(ceilings.length);
  for (const [index, ceiling] of ceilings.entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(ceiling / 2);
    expect(pauses[index]).toBeLessThanOrEqual(ceiling);
  }
}

test('pauses double up to the longest, and are random in their upper half [P-113]', () => {
  for (const [random, share] of [
    [0, 0.5],
    [1, 1],
  ] as const) {
    const backOff = new BackOff({ firstMs: 10, maxMs: 35, random: () => random });
    const pauses = [10, 20, 35, 35].map((ms) => ms * share);
    expect(pauses.map(() => backOff.next())).toEqual(pauses);
    backOff.reset();
    expect(backOff.next()).toBe(10 * share);
  }
});

test('a lost connection comes back by itself, and tells every step', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const first = await connection.open();
  expect(connection.channel).toBe(first);
  (await server.client()).close(1012, 'restart');
  const { channel: second } = await connection.entered('open', 2);
  expect(second).not.toBe(first);
  expect(connection.channel).toBe(second);
  expect(connection.states.map(({ type }) => type)).toEqual([
    'connecting',
    'open',
    'waiting',
    'connecting',
    'open',
  ]);
  expect((await connection.entered('waiting')).error.message).toBe(
    `${server.url} closed the connection (1012: restart)`,
  );
});

test('pauses grow while nobody answers [P-113]', async () => {
  const server = await ScriptedServer.start('hang up');
  const connection = new WatchedConnection({ url: server.url, backOffMs: { first: 2, max: 12 } });
  await expect(connection.open()).rejects.toMatchObject({ name: 'ConnectionError', reason: 'unreachable' });
  await connection.entered('waiting', 5);
  connection.close();
  expectPauses(connection, [2, 4, 8, 12, 12]);
});

test('a server that lets in and closes at once does not shorten the pauses; one that says ready does', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url, backOffMs: { first: 2, max: 100 } });
  await connection.open();
  for (let turn = 1; turn <= 3; turn += 1) {
    (await server.client()).close(1013);
    await connection.entered('open', turn + 1);
  }
  const welcoming = await server.client();
  welcoming.send(ready());
  welcoming.close(1012);
  await connection.entered('open', 5);
  expectPauses(connection, [2, 4, 8, 2]);
});

test.each([1000, 1001, 1006, 1011, 1012, 1013])(
  'after close %i the client comes back [P-112]',
  async (code) => {
    const server = await ScriptedServer.start();
    const connection = new WatchedConnection({ url: server.url });
    await connection.open();
    const client = await server.client();
    if (code === 1006) client.drop();
    else client.close(code);
    await connection.entered('open', 2);
  },
);

test.each([1007, 1009, 4400, 4401, 4403, 4404, 4406, 4409])(
  'after close %i the client stays away until someone asks [P-114]',
  async (closeCode) => {
    const server = await ScriptedServer.start();
    const connection = new WatchedConnection({ url: server.url });
    await connection.open();
    (await server.client()).close(closeCode, 'no');
    const { error } = await connection.entered('refused');
    expect(error).toMatchObject({ reason: 'refused', closeCode });
    await pause(longerThanAnyPauseMs);
    expect(server.offers.length).toBe(1);
    expect((await connection.open()).open).toBe(true);
  },
);

test.each([401, 403, 404])('after HTTP %i the client stays away until someone asks', async (status) => {
  const server = await ScriptedServer.start((attempt): Welcome => (attempt === 0 ? status : 'v1'));
  const connection = new WatchedConnection({ url: server.url });
  const failure = { reason: 'refused', status, message: `${server.url} answered HTTP ${status}` };
  await expect(connection.open()).rejects.toMatchObject(failure);
  expect(connection.state).toMatchObject({ type: 'refused', error: failure });
  await pause(longerThanAnyPauseMs);
  expect(server.offers.length).toBe(1);
  expect((await connection.open()).open).toBe(true);
});

test.each([429, 500, 502, 503, 504])('after HTTP %i, which passes, the client comes back', async (status) => {
  const server = await ScriptedServer.start((attempt): Welcome => (attempt < 2 ? status : 'v1'));
  const connection = new WatchedConnection({ url: server.url });
  await expect(connection.open()).rejects.toMatchObject({ status });
  await connection.entered('open');
  expect(server.offers.length).toBe(3);
});

test('a handshake that takes too long is given up, its line cut, and tried again', async () => {
  const server = await ScriptedServer.start((attempt): Welcome => (attempt === 0 ? 'silent' : 'v1'));
  const connection = new WatchedConnection({ url: server.url, connectTimeoutMs: 30 });
  await expect(connection.open()).rejects.toMatchObject({
    reason: 'timeout',
    message: `${server.url} did not answer within 30 ms`,
  });
  await connection.entered('open');
  await expect.poll(() => server.lines).toBe(1);
});

test('an address that is none is refused, in words', async () => {
  const connection = new WatchedConnection({ url: 'not an address' });
  await expect(connection.open()).rejects.toThrow(/^not an address: /);
  expect(connection.state.type).toBe('refused');
});

test('whoever asks during a pause does not wait for its end', async () => {
  const server = await ScriptedServer.start((attempt): Welcome => (attempt === 0 ? 'hang up' : 'v1'));
  const connection = new WatchedConnection({ url: server.url, backOffMs: { first: 60_000, max: 60_000 } });
  await expect(connection.open()).rejects.toThrow();
  expect((await connection.open()).open).toBe(true);
});

test('several who ask at once share one socket', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url });
  const channels = await Promise.all([connection.open(), connection.open(), connection.open()]);
  expect(new Set(channels).size).toBe(1);
  expect(server.offers.length).toBe(1);
});

test('with reconnect off, a loss leaves it idle until someone asks', async () => {
  const server = await ScriptedServer.start();
  const connection = new WatchedConnection({ url: server.url, reconnect: false });
  await connection.open();
  (await server.client()).drop();
  await connection.entered('idle');
  await pause(longerThanAnyPauseMs);
  expect(server.offers.length).toBe(1);
  await connection.open();
  expect(server.offers.length).toBe(2);
});
