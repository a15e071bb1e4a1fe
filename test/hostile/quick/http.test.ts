/**
 * The HTTP side of the door: upgrades to other protocols, pipelined requests, many pings, and which
 * pages may frame ours.
 */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { frameOf, handshake, RawClient, textFrame } from '../parts/raw-client.ts';
import { endSharedServersAfterAll } from '../parts/servers.ts';
import { startWorld } from '../parts/world.ts';

vi.setConfig({ testTimeout: 30_000 });
endSharedServersAfterAll();

async function dial(port: number): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'connect');
  return { socket, heard: () => text };
}

function get(path: string, headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

test.for(['/', '/health', '/nowhere'] as const)('%s can be framed by no page', async (path, context) => {
  const world = await startWorld(context, { clause: 'B14', backend: 'demo', isShared: true });
  const { headers } = await fetch(`http://localhost:${world.port}${path}`);
  expect(headers.get('content-security-policy') ?? '').toMatch(/frame-ancestors '(?:none|self)'/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

const h2c = [
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
];

test.for([
  ['h2c', h2c],
  ['TLS/1.0', ['Connection: Upgrade', 'Upgrade: TLS/1.0']],
  ['h2c and websocket without a key', ['Connection: Upgrade', 'Upgrade: h2c, websocket']],
] as const)('GET /health with an offer of %s is answered with 200', async ([, headers], context) => {
  const world = await startWorld(context, { clause: 'D25', backend: 'demo', isShared: true });
  const { socket, heard } = await dial(world.port);
  socket.write(get('/health', headers));
  await expect.poll(heard).toMatch(/^HTTP\/1\.1 200 [\s\S]*"status":"ok"/);
  // The connection goes on, or the client is told that it does not.
  if (/^connection: close/im.test(heard())) return;
  socket.write(get('/health'));
  await expect.poll(() => heard().match(/HTTP\/1\.1 200 /g)?.length).toBe(2);
});

test('a POST with an offer of h2c is answered as one without it', async (context) => {
  const world = await startWorld(context, { clause: 'D25', isShared: true });
  const { socket, heard } = await dial(world.port);
  const body = '{"model":"hostile-model"}';
  const head = [
    'POST /api/models/load HTTP/1.1',
    'Host: localhost',
    ...h2c,
    'Content-Type: application/json',
  ];
  socket.write([...head, `Content-Length: ${body.length}`, '', body].join('\r\n'));
  await expect.poll(heard).toMatch(/^HTTP\/1\.1 (?:200|501) /);
});

test.for([1, 5] as const)(
  'answers to %i requests before an upgrade in the same packet never reach the WebSocket stream',
  async (requests, context) => {
    const world = await startWorld(context, { clause: 'D25', isShared: true });
    const { socket, heard } = await dial(world.port);
    // This one waits for the model server, so that its answer comes late.
    socket.write(get('/api/models').repeat(requests) + handshake());
    await delay(1_000);
    const [before = '', after] = heard().split('HTTP/1.1 101');
    const answered = before.match(/HTTP\/1\.1 200/g)?.length ?? 0;
    world.figures.notes.push(`${answered} answered before, ${after === undefined ? 'no 101' : '101'}`);
    if (after !== undefined) {
      expect(after).not.toContain('HTTP/1.1');
      expect(answered).toBe(requests);
      socket.write(textFrame('no JSON'));
      await expect.poll(heard).toMatch(/\x81[\s\S]+Invalid JSON format/);
    } else {
      // Refusing it is the other honest answer.
      expect(heard()).toMatch(/HTTP\/1\.1 (?:4|5)\d\d/);
    }
  },
);

test('200 pings in one read are answered, and the socket stays open', async (context) => {
  const world = await startWorld(context, { clause: 'D25', backend: 'demo', isShared: true });
  const client = await RawClient.open(world.port, { protocol: 'ws-llm.v1' });
  const ping = frameOf(9, Buffer.from('p'));
  client.write(Buffer.concat(Array.from({ length: 200 }, () => ping)));
  const pong = new Promise<string>((resolve) => {
    client.onText = (text) => text.includes('"pong"') && resolve(text);
  });
  await expect.poll(() => client.pongs, { timeout: 3_000 }).toBeGreaterThan(0);
  client.send({ type: 'ping' });
  expect(await Promise.race([pong, client.closed])).toContain('"pong"');
  expect(client.isOpen).toBe(true);
  // A server may answer only the newest of several.
  expect(client.pongs).toBeGreaterThanOrEqual(1);
});

test('a client that pings without end and reads nothing is closed, and costs little', async (context) => {
  const world = await startWorld(context, { clause: 'D25', backend: 'demo', isShared: true });
  const client = await RawClient.open(world.port, { protocol: 'ws-llm.v1', answersPings: false });
  client.socket.pause();
  const ping = frameOf(9, Buffer.alloc(125, 'p'));
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
  const until = Date.now() + 2_000;
  while (Date.now() < until && client.isOpen) {
    client.write(many);
    await Promise.race([client.drained(), delay(200)]);
    await delay(0);
  }
  expect(await world.lives()).toBe(true);
  expect(world.figures.peakMb).toBeLessThan(250);
});
