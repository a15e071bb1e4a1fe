/**
 * What clients make the server keep: waiting frames, mirrors, threads, unfinished input. Each is
 * bounded in all, not only per socket.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TestSocket } from '../stand-ins/test-socket.ts';
import { Attackers } from './attackers/attackers.ts';
import type { Squad } from './attackers/attack-options.ts';
import { ask, startWorld, type World } from './parts/world.ts';

const peakMb = 600;
const stallMs = 1_000;

function expectBounded({ figures }: World): void {
  expect(figures.isAlive).toBe(true);
  expect(figures.peakMb).toBeLessThan(peakMb);
  expect(figures.stallMs).toBeLessThan(stallMs);
}

/** Until the attackers have nothing more to send, the server has died, or the time is over. */
async function fightBack(world: World, squads: Squad[], forMs: number): Promise<void> {
  const attackers = await Attackers.start();
  await attackers.attack(world.port, squads);
  const until = Date.now() + forMs;
  let before = -1;
  while (Date.now() < until && world.server.end === undefined) {
    await delay(1_000);
    const { sentMb, closed, refused, accepted } = await attackers.report();
    world.figures.notes.splice(
      0,
      1,
      `${accepted} accepted, refused ${JSON.stringify(refused)}, closed ${JSON.stringify(closed)}, ${sentMb.toFixed(0)} MB sent`,
    );
    if (sentMb === before) break;
    before = sentMb;
  }
  expect(await world.lives()).toBe(true);
  const client = await world.agent();
  expect((await ask(client, '1', '!say served')).at(-1)).toMatchObject({ type: 'complete' });
  expectBounded(world);
}

test('69 sockets of a sandboxed frame, each with a hanging chat and 63 waiting frames of 1 MB, are bounded', async (context) => {
  const world = await startWorld(context, { clause: 'A2' });
  await fightBack(world, [{ pattern: 'fill-queue', role: 'guest', count: 69 }], 20_000);
});

test('agents whose chats of 1 MB wait on their threads are bounded', async (context) => {
  const world = await startWorld(context, { clause: 'A2' });
  await fightBack(world, [{ pattern: 'fill-queue', role: 'agent', count: 30 }], 15_000);
});

test.for(['guest', 'agent'] as const)(
  'mirrors of 1 MB of 120 sockets (%s) are bounded',
  async (role, context) => {
    const world = await startWorld(context, { clause: 'A2' });
    await fightBack(world, [{ pattern: 'large-mirrors', role, count: 120 }], 8_000);
  },
);

test('frames of 1 MB whose last fragment never comes are bounded', async (context) => {
  const world = await startWorld(context, { clause: 'A2' });
  await fightBack(world, [{ pattern: 'unfinished-fragments', role: 'guest', count: 1_000 }], 10_000);
});

test('output that 150 sockets never read is bounded', async (context) => {
  const world = await startWorld(context, { clause: 'A2' });
  await fightBack(world, [{ pattern: 'never-read', role: 'guest', count: 150 }], 8_000);
});

const long = 'x'.repeat(1_000_000);

/**
 * Requests one after the other, on several sockets at once; what is refused, or closed, is no
 * failure.
 */
async function each(
  clients: TestSocket[],
  count: number,
  send: (client: TestSocket, index: number) => Promise<unknown>,
) {
  await Promise.all(
    clients.map(async (client, place) => {
      for (let index = place; index < count; index += clients.length) {
        await send(client, index).catch(() => undefined);
        if (client.socket.readyState !== client.socket.OPEN) return;
      }
    }),
  );
}

test('560 named threads with a turn of 1 MB each are bounded', async (context) => {
  const world = await startWorld(context, { clause: 'A5' });
  const clients = await Promise.all([world.agent(), world.agent(), world.agent()]);
  await each(clients, 560, (client, index) =>
    ask(client, String(index), '!say yes', {
      thread: `thread ${index}`,
      messages: [
        { role: 'user', content: long },
        { role: 'user', content: '!say yes' },
      ],
    }),
  );
  expect(await world.lives()).toBe(true);
  expectBounded(world);
});

test('560 results of tools of 1 MB each on three threads are bounded', async (context) => {
  const world = await startWorld(context, { clause: 'A5' });
  const clients = await Promise.all([world.agent(), world.agent(), world.agent()]);
  await each(clients, 560, (client, index) =>
    ask(client, String(index), '', { messages: [{ role: 'tool', tool_call_id: 'c', content: long }] }),
  );
  expect(await world.lives()).toBe(true);
  expectBounded(world);
});

/** Messages whose weight is not in their content. */
const weights: Record<string, object> = {
  name: { role: 'user', content: 'a', name: long },
  extra: { role: 'assistant', content: 'a', extra: { a: long } },
  refusal: { role: 'assistant', content: null, refusal: long },
  'call id': {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: long, type: 'function', function: { name: 'f', arguments: '{}' } }],
  },
  'image detail': {
    role: 'user',
    content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: long } }],
  },
  'reply id': { role: 'assistant', content: 'a', reply: long },
};

test('threads count what their messages hold beside text: name, extra, refusal, ids of calls', async (context) => {
  const world = await startWorld(context, { clause: 'A5' });
  const clients = await Promise.all(Array.from({ length: 30 }, () => world.agent()));
  const kinds = Object.values(weights);
  // Each kind on the thread of another connection.
  await each(clients, 30 * 19, (client, index) =>
    ask(client, String(index), '', {
      messages: [kinds[(index % 30) % kinds.length], { role: 'user', content: '!say yes' }],
    }),
  );
  expect(await world.lives()).toBe(true);
  expectBounded(world);
});

test('a thousand empty results of tools in each request do not block the loop', async (context) => {
  const world = await startWorld(context, { clause: 'A5' });
  const client = await world.agent();
  const messages = Array.from({ length: 1_000 }, () => ({ role: 'tool', tool_call_id: '', content: '' }));
  for (let index = 0; index < 80; index += 1) await ask(client, String(index), '', { messages });
  expect(world.figures.stallMs).toBeLessThan(200);
  expect(await world.lives()).toBe(true);
});
