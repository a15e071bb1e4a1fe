/**
 * Requests that are open at the model, and file descriptors: bounded in all, per role and per
 * address, and there for others.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TestSocket } from '../stand-ins/test-socket.ts';
import { Attackers } from './attackers/attackers.ts';
import { scratchFolder } from './parts/scratch-folder.ts';
import { ask, startWorld } from './parts/world.ts';

interface Bounds {
  connections: number;
  requests: number;
  input_bytes: number;
  output_bytes: number;
  kept_bytes: number;
}

/** What `ready` reports as the bounds that clients share. */
async function sharedBounds(
  client: Promise<TestSocket>,
): Promise<Record<'server' | 'role' | 'address', Bounds>> {
  const { frames } = await client;
  const { limits } = frames[0] as unknown as {
    limits: { shared: Record<'server' | 'role' | 'address', Bounds> };
  };
  return limits.shared;
}

test('ready reports the bounds of the server, of a role and, to guests, of an address', async (context) => {
  const world = await startWorld(context, { clause: 'A2', backend: 'demo' });
  const [agents, guests] = [await sharedBounds(world.agent()), await sharedBounds(world.guest())];
  const keys = ['connections', 'requests', 'input_bytes', 'output_bytes', 'kept_bytes'] as const;
  for (const key of keys) {
    expect(Number.isSafeInteger(agents.server[key])).toBe(true);
    expect(guests.role[key]).toBeLessThanOrEqual(agents.server[key] / 4);
    expect(guests.address[key]).toBeLessThanOrEqual(guests.role[key]);
  }
});

test('500 sockets with 64 hanging requests each leave file descriptors for others', async (context) => {
  const world = await startWorld(context, { clause: 'A2', fileLimit: 4_096 });
  const attackers = await Attackers.start();
  await attackers.attack(world.port, [{ pattern: 'hang', role: 'agent', count: 500 }]);
  await delay(5_000);
  expect(await world.lives()).toBe(true);
  // All connect in one moment, and Node accepts one connection in each turn of its loop.
  expect(world.figures.healthMs).toBeLessThan(4_000);
  expect(world.figures.mostOpen).toBeLessThanOrEqual(3_000);
});

test('30 guest sockets with 64 requests each from one address keep few of them open, and agents are served', async (context) => {
  const world = await startWorld(context, { clause: 'A2' });
  const attackers = await Attackers.start();
  await attackers.attack(world.port, [{ pattern: 'hang', role: 'guest', count: 30 }]);
  await delay(2_000);
  const startedAt = performance.now();
  const client = await world.agent();
  expect((await ask(client, '1', '!say served')).at(-1)).toMatchObject({ type: 'complete' });
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  // A quarter of what was asked for.
  expect((await world.model.count()).mostOpen).toBeLessThanOrEqual(480);
});

test('sockets to the model that are idle keep no new client out, with 256 file descriptors', async (context) => {
  const world = await startWorld(context, { clause: 'A2', fileLimit: 256 });
  const clients = await Promise.all(Array.from({ length: 6 }, () => world.agent()));
  for (const client of clients) {
    for (let index = 0; index < 60; index += 1) {
      const messages = [{ role: 'user', content: '!after 500' }];
      client.send({ type: 'chat', id: String(index), messages, mirror: { keep: 0 } });
    }
  }
  for (const client of clients) for (let index = 0; index < 60; index += 1) await client.untilEnd();
  const startedAt = performance.now();
  const client = await world.agent();
  expect((await ask(client, '1', '!say served')).at(-1)).toMatchObject({ type: 'complete' });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

const moody = '---\ntitle: Moody\nemotions: [calm, neutral]\n---\nYou feel.\n';

test('annotations that the model leaves open are in the limit of open requests', async (context) => {
  const env = { PERSONAS_DIR: scratchFolder({ 'moody.md': moody }) };
  const world = await startWorld(context, { clause: 'A9', env });
  await world.model.set({ emotion: 'hang' });
  const client = await world.agent('/?persona=moody');
  const shape = { mirror: { keep: 0 }, annotate: ['emotion'] };
  for (let index = 0; index < 1_000; index += 1) await ask(client, String(index), '!say yes', shape);
  // The model may still see the end of a reply when the question about it arrives.
  expect((await world.model.count()).mostOpen).toBeLessThanOrEqual(66);
});

test('while the server stops, no annotation asks the model anything after its connection has ended', async (context) => {
  const env = { PERSONAS_DIR: scratchFolder({ 'moody.md': moody }) };
  const world = await startWorld(context, { clause: 'A9', env });
  await world.model.set({ emotion: 'hang' });
  const client = await world.agent('/?persona=moody');
  // Keeps the process, and not the connection, from ending.
  const other = await world.agent();
  other.send({ type: 'chat', id: '1', messages: [{ role: 'user', content: '!after 1500' }] });
  // Its words are sent before it ends, so that its connection can be closed together with its end.
  const messages = [{ role: 'user', content: '!pause 400' }];
  client.send({ type: 'chat', id: '1', messages, annotate: ['emotion'] });
  await expect.poll(async () => (await world.model.count()).open).toBe(2);
  world.watch.isEndExpected = true;
  world.server.process.kill('SIGTERM');
  expect(await client.closed).toMatchObject({ code: 1001 });
  await delay(300);
  expect((await world.model.count()).requests).toBe(2);
  expect((await other.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});
