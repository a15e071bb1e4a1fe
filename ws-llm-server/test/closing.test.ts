/** How a server stops: open replies finish within the grace, everybody is told, nothing new is let in, and nobody can hold it up. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { DemoBackend } from '../src/backends/demo-backend.ts';
import { createPersonaServer } from '../src/server.ts';
import { startTestServer, testPersona, user } from './test-server.ts';

const endless = { tokens: Array.from({ length: 2_000 }, () => 'word '), tokenMs: 10 };

/** A client that keeps its half of the line open, whatever the server does. */
async function connect(port: number): Promise<{ socket: Socket; heard: Promise<string> }> {
  const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let said = '';
  const heard = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    socket.on('end', () => resolve(said));
    // A line that is cut has ended too.
    socket.on('error', () => resolve(said));
  });
  await once(socket, 'connect');
  return { socket, heard };
}

const upgrade = (host: string): string =>
  `GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ws-llm.v1\r\n\r\n';

test('while the server closes, open replies finish, new ones are overloaded, and then the socket closes with 1001 [P-52] [P-53] [P-54] [P-56] [P-130]', async () => {
  const { v1, plain, model, stop } = await startTestServer();
  model.fallback = { tokens: ['almost ', 'done'], tokenMs: 120 };
  const [busy, idle, old] = [await v1(), await v1(), await plain()];
  busy.send({ type: 'chat', id: '1', messages: [user('a')] });
  old.send({ type: 'chat', messages: [user('a')] });
  await Promise.all([busy.nextOf('delta'), old.nextOf('delta')]);
  const stopped = stop(5_000);
  expect(await busy.next()).toEqual({ type: 'closing', grace_ms: 5_000 });
  busy.send({ type: 'chat', id: '2', messages: [user('b')] });
  expect(await busy.next()).toMatchObject({ id: '2', code: 'overloaded', retryable: true });
  expect((await busy.untilEnd()).at(-1)).toMatchObject({ id: '1', finish_reason: 'stop' });
  expect((await old.untilEnd()).at(-1)).toEqual({ type: 'complete', content: 'almost done' });
  const codes = await Promise.all([busy, idle, old].map(({ closed }) => closed));
  expect(codes.map(({ code }) => code)).toEqual([1001, 1001, 1001]);
  await stopped;
});

test('after its grace a closing server cancels what is open, and tells so before it closes [P-55] [P-56]', async () => {
  const { v1, model, stop } = await startTestServer();
  model.fallback = { tokens: Array.from({ length: 500 }, () => 'word '), tokenMs: 20 };
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  await client.nextOf('delta');
  await stop(60);
  const ends = client.frames.filter(({ type }) => type === 'complete');
  expect(ends.map((frame) => [frame['id'], frame['finish_reason']])).toEqual([
    ['2', 'cancelled'],
    ['1', 'cancelled'],
  ]);
  expect((await client.closed).code).toBe(1001);
});

test('a WebSocket that comes while the server closes gets 503, and the server closes all the same [P-155]', async () => {
  const { v1, model, port, stop } = await startTestServer();
  model.fallback = endless;
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.nextOf('delta');
  const late = await connect(port);
  // A request that has begun keeps its connection while the server stops to listen.
  late.socket.write(upgrade('localhost').slice(0, 30));
  const stopped = stop(300);
  await client.nextOf('closing');
  late.socket.write(upgrade('localhost').slice(30));
  expect(await late.heard).toMatch(/^HTTP\/1\.1 503 /);
  await stopped;
  expect((await client.closed).code).toBe(1001);
});

test('a client that was refused and keeps its line open does not hold up the close', async () => {
  const { port, stop } = await startTestServer();
  const refused = await connect(port);
  refused.socket.write(upgrade('evil.example'));
  expect(await refused.heard).toMatch(/^HTTP\/1\.1 403 /);
  await stop(0);
});

test.each([
  ['has said nothing yet', ''],
  ['is in the middle of its request', 'GET / HTTP/1.1\r\nHost: localhost\r\n'],
])('a client that %s does not hold up the close', async (_, said) => {
  const { port, stop } = await startTestServer();
  const slow = await connect(port);
  slow.socket.write(said);
  await stop(0);
  await slow.heard;
});

test('a client that answers no Close is cut, and does not hold up the close', async () => {
  const { port, stop } = await startTestServer();
  const deaf = await connect(port);
  deaf.socket.write(upgrade('localhost'));
  await once(deaf.socket, 'data');
  await stop(0);
  await deaf.heard;
});

test('to close a server twice is to close it once', async () => {
  const server = createPersonaServer({
    backend: new DemoBackend(),
    persona: testPersona,
    page: '',
    turnLimits: { turns: 1, chars: 1 },
  });
  const { port } = await server.listen(0, '127.0.0.1');
  const client = await TestSocket.open(`ws://127.0.0.1:${port}/`, ['ws-llm.v1']);
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.nextOf('delta');
  await Promise.all([server.close(50), server.close(50), client.closed]);
  await server.close();
  expect(client.frames.filter(({ type }) => type === 'closing').length).toBe(1);
});
