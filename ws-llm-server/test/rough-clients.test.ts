/** Clients that misbehave below the frames, on the line itself: what they cost is bounded, and their requests end with them. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startTestServer, user } from './test-server.ts';

const endless = { tokens: Array.from({ length: 10_000 }, () => 'word '), tokenMs: 10 };

/** A text frame as a client sends it, of fewer than 126 bytes; a mask of zeros changes nothing. */
function masked(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}

/** A line on which both sides have agreed to speak WebSocket, and from which nothing more is read. */
async function upgraded(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {
    // Its close tells.
  });
  await once(socket, 'connect');
  socket.write(
    'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  socket.pause();
  return socket;
}

test('a client that ends its half of the line, and takes nothing of what is on its way, ends its requests at once [P-13]', async () => {
  const { port, model } = await startTestServer({
    limits: { buffered_bytes: 256 * 1024 * 1024, stalled_ms: 120_000, reply_chars: 1e9 },
  });
  // More than the kernel takes.
  const much = Array.from({ length: 400 }, () => 'x'.repeat(60_000));
  model.script.push({ tokens: [...much, ...endless.tokens], tokenMs: 1 });
  const socket = await upgraded(port);
  socket.write(masked(JSON.stringify({ type: 'chat', messages: [user('a')] })));
  const seen = await model.request(0);
  await expect.poll(() => seen.sent, { timeout: 8_000 }).toBeGreaterThan(much.length);
  socket.end();
  expect((await seen.closed).by).toBe('client');
});
