/**
 * A fault of the server itself, at each place where a frame is written: it costs the connection,
 * and no more.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { sharedFolder } from './parts/scratch-folder.ts';
import { endSharedServersAfterAll } from './parts/servers.ts';
import { ask, startWorld, type World } from './parts/world.ts';

const plant = fileURLToPath(new URL('parts/plant-fault.mjs', import.meta.url));

interface Fault {
  /** Type of the frame that cannot be written. */
  type: string;
  when: string;
  frame: object;
  /** Sent a little later. */
  after?: object;
}

const chat = (content: string, more: object = {}): object => ({
  type: 'chat',
  id: 'fault',
  messages: [{ role: 'user', content }],
  ...more,
});

const faults: Fault[] = [
  { type: 'delta', when: 'text of the model arrives', frame: chat('!say yes') },
  { type: 'complete', when: 'a reply ends', frame: chat('!say yes') },
  { type: 'error', when: 'the model refuses', frame: chat('!status 400 no') },
  {
    type: 'error',
    when: 'the first deadline passes',
    frame: chat('!hang', { deadlines: { first_token_ms: 100 } }),
  },
  { type: 'error', when: 'the last deadline passes', frame: chat('!hang', { deadlines: { total_ms: 100 } }) },
  {
    type: 'error',
    when: 'the model falls silent',
    frame: chat('!slow 5000', { deadlines: { idle_ms: 200 } }),
  },
  {
    type: 'complete',
    when: 'a request is cancelled',
    frame: chat('!hang'),
    after: { type: 'cancel', id: 'fault' },
  },
  { type: 'tool_call', when: 'the model calls a tool', frame: chat('!call other') },
  {
    type: 'annotation',
    when: 'an emotion is known',
    frame: chat('!say yes', { persona: 'moody', annotate: ['emotion'] }),
  },
  { type: 'warmed', when: 'the model is warm', frame: { ...chat('!say yes'), type: 'warm' } },
  {
    type: 'error',
    when: 'a warm takes too long',
    frame: { ...chat('!hang', { deadlines: { total_ms: 100 } }), type: 'warm' },
  },
  { type: 'error', when: 'a frame is refused', frame: chat('Hi', { tools: 'none' }) },
  { type: 'pong', when: 'a client pings', frame: { type: 'ping' } },
  { type: 'reset_complete', when: 'a thread is reset', frame: { type: 'reset' } },
];

const moody = '---\ntitle: Moody\nemotions: [calm, neutral]\n---\nYou feel.\n';

endSharedServersAfterAll();
const folder = sharedFolder({ 'moody.md': moody, 'porter.md': '---\ntitle: Before\n---\nA porter.\n' });

/** A server that fails from now on where it writes frames of that type. */
async function start(context: Parameters<typeof startWorld>[0], frame: string): Promise<World> {
  const env = { PERSONAS_DIR: folder, PERSONA: 'porter', SHUTDOWN_GRACE_MS: '500' };
  const nodeArguments = ['--import', plant];
  const world = await startWorld(context, { clause: 'C20', env, nodeArguments, isShared: true });
  await world.server.ask({ type: 'plant-fault', frame }, 'plant-fault');
  return world;
}

test.for(faults)(
  'a fault while $type is written because $when costs one connection',
  async (fault, context) => {
    const world = await start(context, fault.type);
    const [hit, other] = [await world.agent(), await world.agent()];
    // The server is shared: the next test is alone with it.
    onTestFinished(() => [hit, other].forEach(({ socket }) => socket.terminate()));
    hit.send(fault.frame);
    await delay(50);
    if (fault.after !== undefined) hit.send(fault.after);
    // By then every deadline above has passed.
    await delay(450);
    expect(world.server.end).toBeUndefined();
    expect((await ask(other, '1', '!say yes')).at(-1)).toMatchObject({ type: 'complete' });
    // Nothing of it goes on, and its client is not left waiting.
    await expect.poll(async () => (await world.model.count()).open, { timeout: 2_000 }).toBe(0);
    const isAnswered = hit.frames.some(
      ({ type, id }) => id === 'fault' && ['error', 'complete', 'warmed'].includes(type),
    );
    if (!isAnswered && fault.type !== 'annotation')
      expect(await Promise.race([hit.closed, delay(2_000)])).toMatchObject({ code: 1011 });
  },
);

test('a fault while one client is told of a changed persona costs one connection', async (context) => {
  const world = await start(context, 'ready');
  const clients = [await world.agent(), await world.agent(), await world.agent()];
  writeFileSync(join(folder, 'porter.md'), '---\ntitle: After\n---\nA porter.\n');
  const told = (): number =>
    clients.filter(({ frames }) => JSON.stringify(frames.at(-1)).includes('After')).length;
  await expect.poll(told, { timeout: 5_000 }).toBe(2);
  expect(world.server.end).toBeUndefined();
});

test('a fault while one client is told of the end keeps no other from its own', async (context) => {
  const world = await start(context, 'closing');
  const clients = [await world.agent(), await world.agent(), await world.agent()];
  world.watch.isEndExpected = true;
  world.server.process.kill('SIGTERM');
  const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).code));
  expect(codes.filter((code) => code === 1001).length).toBeGreaterThanOrEqual(2);
  expect(await world.server.ended).toEqual({ code: 0, signal: null });
});
