/** What all clients hold together is bounded and reported, and the greedy never keep the modest out. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { startTestServer, type TestServer, user } from './test-server.ts';

const guest = { origin: 'null' };
const endless = { tokens: ['word '], failure: { type: 'silent', after: 1 } } as const;
const alone = { mirror: { keep: 0 } };

/** A guest from one of the addresses of this machine. */
function guestFrom(localAddress: string): { origin: string; localAddress: string } {
  return { ...guest, localAddress };
}

/** The status of a refused handshake, or 101. */
async function statusOf(url: string, options: object = {}): Promise<number | undefined> {
  const socket = new WebSocket(url, ['ws-llm.v1'], options);
  onTestFinished(() => socket.terminate());
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode));
  });
}

async function shared(server: TestServer, options?: object): Promise<unknown> {
  const client = await server.v1(options);
  const limits = client.frames[0]?.['limits'] as Record<string, unknown> | undefined;
  return limits?.['shared'];
}

const bounds = { connections: 64, requests: 64, input_bytes: 6_400, output_bytes: 6_400, kept_bytes: 6_400 };
const part = (share: number): object =>
  Object.fromEntries(Object.entries(bounds).map(([key, bound]) => [key, bound * share]));

test('ready reports what all, one role, and for guests one address may hold together [P-163]', async () => {
  const server = await startTestServer({ sharedLimits: bounds });
  expect(await shared(server)).toEqual({ server: bounds, role: part(3 / 4) });
  expect(await shared(server, guest)).toEqual({ server: bounds, role: part(1 / 4), address: part(1 / 32) });
});

test('one connection past the bound is refused with 503, and an end makes room for the next [P-164]', async () => {
  const server = await startTestServer({ sharedLimits: { connections: 16 } });
  const open = await Promise.all(Array.from({ length: 12 }, () => server.v1()));
  expect(await statusOf(server.url)).toBe(503);
  // Guests have a share of their own.
  expect(await statusOf(server.url, guest)).toBe(101);
  open[0]?.close();
  await open[0]?.closed;
  await expect.poll(() => statusOf(server.url)).toBe(101);
});

test('one address of guests cannot use up what all guests have [P-164]', async () => {
  // 16 for guests, 2 for each address.
  const server = await startTestServer({ sharedLimits: { connections: 64 } });
  for (const expected of [101, 101, 503])
    expect(await statusOf(server.url, guestFrom('127.0.0.2'))).toBe(expected);
  expect(await statusOf(server.url, guestFrom('127.0.0.3'))).toBe(101);
});

test('requests past the bound are overloaded, whichever connection sends them [P-165]', async () => {
  const server = await startTestServer({ sharedLimits: { requests: 16 } });
  server.model.fallback = endless;
  const clients = await Promise.all([server.v1(), server.v1()]);
  for (const client of clients)
    for (let id = 0; id < 10; id += 1)
      client.send({ type: 'chat', id: `${id}`, messages: [user('a')], ...alone });
  for (const client of clients) expect(await client.nextOf('error')).toMatchObject({ code: 'overloaded' });
  await expect.poll(() => server.model.open).toBeGreaterThanOrEqual(9);
  expect(server.model.mostOpen).toBeLessThanOrEqual(12);
  // What ends makes room.
  const [first] = clients;
  for (let id = 0; id < 10; id += 1) first?.send({ type: 'cancel', id: `${id}` });
  await first?.nextOf('complete');
  first?.send({ type: 'chat', id: 'again', messages: [user('a')], ...alone });
  expect(await first?.nextOf('delta')).toMatchObject({ id: 'again' });
});

test('a client that has nothing open is served while another has all that one may [P-169]', async () => {
  const server = await startTestServer({ sharedLimits: { requests: 16 } });
  server.model.fallback = endless;
  const [greedy, modest] = await Promise.all([server.v1(), server.v1()]);
  for (let id = 0; id < 20; id += 1)
    greedy.send({ type: 'chat', id: `${id}`, messages: [user('a')], ...alone });
  await greedy.nextOf('error');
  modest.send({ type: 'chat', id: '1', messages: [user('a')], ...alone });
  expect(await modest.nextOf('delta')).toMatchObject({ id: '1' });
});

test('input that waits is bounded over all connections: v1 is told overloaded, plain is closed with 1013 [P-165] [P-166]', async () => {
  const server = await startTestServer({ sharedLimits: { input_bytes: 1024 * 1024 } });
  server.model.fallback = endless;
  const large = user('x'.repeat(100_000));
  const [v1, plain] = await Promise.all([server.v1(), server.plain()]);
  // On one thread, so that all but one wait.
  for (let id = 0; id < 8; id += 1) v1.send({ type: 'chat', id: `${id}`, messages: [large] });
  expect(await v1.nextOf('error')).toMatchObject({ code: 'overloaded', retryable: true });
  for (let sent = 0; sent < 8; sent += 1) plain.send({ type: 'chat', messages: [large] });
  expect((await plain.closed).code).toBe(1013);
  expect(server.model.requests.length).toBeLessThanOrEqual(2);
});

/** A raw client in the middle of a message of which `bytes` are on their way. */
async function unfinished(port: number, bytes: number): Promise<{ closed: Promise<number | undefined> }> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  const closed = new Promise<number | undefined>((resolve) => {
    socket.on('data', (frames: Buffer) => {
      // Pongs, and then the Close frame; all of them shorter than 126 bytes.
      for (let at = 0; at < frames.length; at += 2 + (frames[at + 1] ?? 0))
        if (frames[at] === 0x88) resolve(frames.readUInt16BE(at + 2));
    });
    socket.once('close', () => resolve(undefined));
  });
  // Fragments of one text, masked with zeros, and an empty ping behind each.
  const fragment = Buffer.alloc(32 * 1024, 'x');
  for (let sent = 0; sent < bytes; sent += fragment.length) {
    const header = Buffer.alloc(14);
    header[0] = sent === 0 ? 0x01 : 0x00;
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(fragment.length), 2);
    socket.write(Buffer.concat([header, fragment, Buffer.from([0x89, 0x80, 0, 0, 0, 0])]));
  }
  return { closed };
}

test('a message that is never completed counts as input, pings between its fragments or not [P-166]', async () => {
  const { port } = await startTestServer({ sharedLimits: { input_bytes: 1024 * 1024 } });
  const [one, other] = await Promise.all([unfinished(port, 500_000), unfinished(port, 500_000)]);
  expect(await Promise.race([one.closed, other.closed])).toBe(1013);
});

test('output that many clients do not take is bounded over all of them [P-167]', async () => {
  const server = await startTestServer({
    sharedLimits: { output_bytes: 1024 * 1024 },
    limits: { buffered_bytes: 64 * 1024 * 1024, stalled_ms: 60_000, reply_chars: 1e9, list_bytes: 1e9 },
  });
  server.model.fallback = { tokens: Array.from({ length: 400 }, () => 'x'.repeat(60_000)) };
  const clients = await Promise.all(Array.from({ length: 3 }, () => server.v1()));
  for (const client of clients) {
    client.socket.pause();
    client.send({ type: 'chat', id: '1', messages: [user('a')], ...alone });
  }
  await Promise.all(clients.map(async (_, index) => (await server.model.request(index)).closed));
  for (const client of clients) client.socket.resume();
  const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).code));
  expect(codes).toEqual([1013, 1013, 1013]);
});

test('what finds no room in memory is not kept, and the request is served all the same [P-168]', async () => {
  const server = await startTestServer({
    sharedLimits: { kept_bytes: 64 * 1024 },
    turnLimits: { turns: 20, chars: 1e9 },
  });
  const client = await server.v1();
  const large = user('x'.repeat(40_000));
  client.send({ type: 'chat', id: '1', messages: [large], mirror: { key: 'k', keep: 0 } });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
  client.send({ type: 'chat', id: '2', messages: [user('b')], mirror: { key: 'k', base: '1', keep: 1 } });
  expect(await client.next()).toMatchObject({ id: '2', code: 'unknown_mirror' });
  client.send({ type: 'chat', id: '3', messages: [large] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '3' });
  client.send({ type: 'chat', id: '4', messages: [user('b')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '4' });
  expect(JSON.stringify(server.model.requests.at(-1)?.body)).not.toContain('xxx');
});

test('named threads that nobody has used for longest make room for others [P-168]', async () => {
  const server = await startTestServer({
    sharedLimits: { kept_bytes: 128 * 1024 },
    turnLimits: { turns: 20, chars: 1e9 },
  });
  const client = await server.v1();
  const say = async (id: string, thread: string, text: string): Promise<string> => {
    client.send({ type: 'chat', id, thread, messages: [user(text)] });
    expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id });
    return JSON.stringify(server.model.requests.at(-1)?.body);
  };
  await say('1', 'old', `old ${'x'.repeat(20_000)}`);
  await say('2', 'new', `new ${'x'.repeat(20_000)}`);
  expect(await say('3', 'new', 'and?')).toContain('new xxx');
  expect(await say('4', 'old', 'and?')).not.toContain('old xxx');
});

test('a plain client whose request finds no place is told so, and its socket stays open [P-165]', async () => {
  const server = await startTestServer({ sharedLimits: { requests: 16 } });
  server.model.fallback = endless;
  // One for each of 2 addresses would be served; 4 for all guests, 1 for an address.
  const first = await TestSocket.open(server.url, [], guestFrom('127.0.0.4'));
  const second = await TestSocket.open(server.url, [], guestFrom('127.0.0.4'));
  first.send({ type: 'chat', messages: [user('a')] });
  await first.nextOf('delta');
  second.send({ type: 'chat', messages: [user('a')] });
  expect(await second.next()).toMatchObject({ type: 'error' });
  second.send({ type: 'reset' });
  expect(await second.next()).toMatchObject({ type: 'reset_complete' });
});
