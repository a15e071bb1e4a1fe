/** What becomes of upgrades and of sockets that break the WebSocket protocol, on the line itself. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { TestSocket } from '../../../test/stand-ins/test-socket.ts';
import { startTestServer, user } from '../test-server.ts';

/** A text frame with a reserved bit, which no extension has explained. */
const malformed = Buffer.from([0xff, 0x80, 0, 0, 0, 0]);
const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);

function handshake(extra: string[] = [], path = '/'): string {
  const headers = [
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...extra,
  ];
  return `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
}

async function line(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  await once(socket, 'connect');
  return { socket, received: () => received };
}

test.each([
  ['a foreign origin', handshake(['Origin: https://evil.example'])],
  ['a persona that is not there', handshake([], '/?persona=nobody')],
  ['an unknown subprotocol', handshake(['Sec-WebSocket-Protocol: chat'])],
  ['nothing', handshake()],
])('a malformed frame after a handshake with %s ends that socket and no more', async (_, request) => {
  const { port, v1 } = await startTestServer();
  const { socket } = await line(port);
  socket.write(Buffer.concat([Buffer.from(request), malformed]));
  await once(socket, 'close');
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test.each(['h2c', 'TLS/1.0', 'foo, bar'])(
  'a request that offers an upgrade to %s is answered',
  async (offer) => {
    const { port } = await startTestServer();
    const { socket, received } = await line(port);
    const headers = `Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${offer}\r\nHTTP2-Settings: AAMAAABk\r\n`;
    socket.write(`GET /health HTTP/1.1\r\n${headers}\r\n`);
    await once(socket, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 200 /);
    expect(received()).toContain('"status":"ok"');
  },
);

test('a request with a body that offers an upgrade is answered', async () => {
  const { port } = await startTestServer();
  const { socket, received } = await line(port);
  const body = '{"model": "fake-model"}';
  socket.write(
    `POST /api/models/load HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await once(socket, 'close');
  expect(received()).toMatch(/^HTTP\/1\.1 200 /);
  expect(received()).toContain('"loaded":true');
});

test('a WebSocket behind a pipelined request begins after the answer to that', async () => {
  const { port } = await startTestServer();
  const { socket, received } = await line(port);
  socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n${handshake()}`);
  await expect.poll(received).toContain('101 Switching Protocols');
  expect(received()).toMatch(/^HTTP\/1\.1 200 [\s\S]*"status":"ok"[\s\S]*HTTP\/1\.1 101 /);
  const text = Buffer.from('{"type":"reset"}');
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  await expect.poll(received).toMatch(/Sec-WebSocket-Accept[\s\S]*\r\n\r\n.{2}\{"type":"reset_complete"/);
});

test('hundreds of pings in one read are answered, and the socket stays open', async () => {
  const { port } = await startTestServer();
  const { socket, received } = await line(port);
  socket.write(handshake());
  await expect.poll(received).toContain('101 Switching Protocols');
  socket.write(Buffer.concat(Array.from({ length: 500 }, () => ping)));
  await expect.poll(received).toContain('\x8a\x00');
  socket.write(ping);
  const text = Buffer.from('{"type":"reset"}');
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  await expect.poll(received).toContain('reset_complete');
});

test('of several pings the latest is answered', async () => {
  const { url } = await startTestServer();
  const client = await TestSocket.open(url);
  const pongs: string[] = [];
  client.socket.on('pong', (data: Buffer) => pongs.push(data.toString()));
  for (const name of ['1', '2', '3']) client.socket.ping(name);
  await expect.poll(() => pongs.at(-1)).toBe('3');
});
