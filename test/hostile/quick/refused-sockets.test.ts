/**
 * Sockets that were refused, and accepted ones, break the WebSocket protocol: the process goes on.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { RawClient, handshake, type RawOptions } from '../parts/raw-client.ts';
import { endSharedServersAfterAll } from '../parts/servers.ts';
import { startWorld } from '../parts/world.ts';

vi.setConfig({ testTimeout: 30_000 });
endSharedServersAfterAll();

/** Reserved bits, an unknown opcode, a length that is not the shortest. */
const malformed = Buffer.from([0xff, 0x80, 0, 0, 0, 0]);

const doors: { refused: string; code: number | undefined; door: RawOptions }[] = [
  {
    refused: 'a foreign Origin',
    code: 4403,
    door: { origin: 'https://evil.example', protocol: 'ws-llm.v1' },
  },
  { refused: 'an unknown persona', code: 4404, door: { path: '/?persona=nobody', protocol: 'ws-llm.v1' } },
  { refused: 'an unknown subprotocol', code: 4406, door: { protocol: 'mqtt' } },
];

test.for(doors)(
  'a socket refused for $refused that then sends a malformed frame leaves the server running',
  async ({ code, door }, context) => {
    const world = await startWorld(context, { clause: 'A1', backend: 'demo', isShared: true });
    const client = await RawClient.open(world.port, door);
    expect(await client.closed).toMatchObject({ code });
    client.write(malformed);
    await delay(200);
    expect(world.server.end).toBeUndefined();
    expect(await world.lives()).toBe(true);
  },
);

test('a malformed frame in the same packet as a handshake that is refused leaves the server running', async (context) => {
  const world = await startWorld(context, { clause: 'A1', backend: 'demo', isShared: true });
  for (const { door } of doors) {
    const socket = connect({ port: world.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(Buffer.concat([Buffer.from(handshake(door)), malformed]));
    await delay(50);
    socket.resetAndDestroy();
  }
  await delay(200);
  expect(await world.lives()).toBe(true);
});

test('refused sockets that are reset, flooded or never answer their Close leave the server running', async (context) => {
  const world = await startWorld(context, { clause: 'A1', backend: 'demo', isShared: true });
  for (const { door } of doors) {
    const [reset, flooded] = [await RawClient.open(world.port, door), await RawClient.open(world.port, door)];
    reset.socket.resetAndDestroy();
    for (let index = 0; index < 20; index += 1) flooded.write(Buffer.alloc(100_000, 0x42));
  }
  await delay(300);
  expect(await world.lives()).toBe(true);
});

test('a malformed frame on an accepted socket, also after its Close, costs only that socket', async (context) => {
  const world = await startWorld(context, { clause: 'A1', backend: 'demo', isShared: true });
  for (const protocol of [undefined, 'ws-llm.v1']) {
    const client = await RawClient.open(world.port, protocol === undefined ? {} : { protocol });
    client.write(malformed);
    await client.closed;
    client.write(malformed, malformed);
  }
  await delay(200);
  expect(await world.lives()).toBe(true);
});
