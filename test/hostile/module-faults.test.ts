/**
 * Backends of the operator's own that break their contract: a client is told, and the process goes
 * on.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from './parts/scratch-folder.ts';
import { startServer } from './parts/servers.ts';
import { ask, startWorld, type World } from './parts/world.ts';

const say = "onEvent({ type: 'text', text: 'Hello.' }); onEvent({ type: 'finish', reason: 'stop' });";

/** By name: a backend in which one thing is wrong, and how its reply ends. */
const modules: Record<string, { code: string; ends: readonly string[] }> = {
  'takesTools throws': {
    code: `takesTools() { throw Object.create(null); }, async reply(_, { onEvent }) { ${say} }`,
    ends: ['complete', 'error'],
  },
  'model throws after the start': {
    code: `get model() { if (performance.now() > started + 300) throw new Error('no model'); return 'm'; },
      async reply(_, { onEvent }) { ${say} }`,
    ends: ['complete', 'error'],
  },
  'model turns into an object': {
    code: `get model() { return performance.now() > started + 300 ? { toString() { throw 1; } } : 'm'; },
      async reply(_, { onEvent }) { ${say} }`,
    ends: ['complete', 'error'],
  },
  'contextTokens throws': {
    code: `contextTokens() { throw new Error('no'); }, async reply(_, { onEvent }) { ${say} }`,
    ends: ['complete', 'error'],
  },
  'reply throws no Error, at once': { code: 'reply() { throw Object.create(null); }', ends: ['error'] },
  'reply rejects with a Symbol': { code: "async reply() { throw Symbol('s'); }", ends: ['error'] },
  'reply returns nothing': { code: 'reply() {}', ends: ['error'] },
  'events are no events': {
    code: `async reply(_, { onEvent }) { onEvent(null); onEvent({ type: Symbol('s') }); ${say} }`,
    ends: ['complete', 'error'],
  },
  'text is no text': {
    code: `async reply(_, { onEvent }) { onEvent({ type: 'text', text: { length: 3 } }); ${say} }`,
    ends: ['complete', 'error'],
  },
  'a promise beside the reply is rejected': {
    code: `async reply(_, { onEvent }) { void Promise.reject(new Error('aside')); ${say} }`,
    ends: ['complete', 'error'],
  },
};

async function startModule(
  context: Parameters<typeof startWorld>[0],
  code: string,
  clause = 'A4',
): Promise<World> {
  const text = `const started = performance.now(); export default { name: 'own', ${code} };`;
  const path = join(scratchFolder({ 'backend.js': text }), 'backend.js');
  const world = await startWorld(context, { clause, backend: 'none', env: { LLM_BACKEND: path } });
  await delay(300);
  return world;
}

test.for(Object.entries(modules))(
  'a backend of which %s costs a reply at most',
  async ([, { code, ends }], context) => {
    const world = await startModule(context, code);
    const client = await world.agent();
    const frames = await ask(client, '1', 'Hi');
    expect(ends).toContain(frames.at(-1)?.type);
    expect(await world.lives()).toBe(true);
  },
);

test('a backend whose abort listener throws costs no more than its reply', async (context) => {
  const code = `reply(_, { signal }) {
    return new Promise(() => signal.addEventListener('abort', () => { throw new Error('abort'); })); }`;
  const world = await startModule(context, code);
  const client = await world.agent();
  client.send({ type: 'chat', id: '1', messages: [{ role: 'user', content: 'Hi' }] });
  client.send({ type: 'cancel', id: '1' });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ finish_reason: 'cancelled' });
  await delay(200);
  expect(await world.lives()).toBe(true);
});

test('a backend module that never finishes loading ends the start with an error that names it', async () => {
  const path = join(scratchFolder({ 'backend.js': 'await new Promise(() => undefined);' }), 'backend.js');
  const server = startServer({ env: { LLM_BACKEND: path } });
  onTestFinished(async () => void (await server.stop(0)));
  const end = await Promise.race([server.ended, delay(20_000)]);
  expect(end).toMatchObject({ code: 1 });
  expect(server.output).toContain('backend.js');
});

test('a function of a backend module that never returns ends the start with an error that names it', async () => {
  const text = 'export const createBackend = () => new Promise(() => undefined);';
  const path = join(scratchFolder({ 'backend.js': text }), 'backend.js');
  const server = startServer({ env: { LLM_BACKEND: path } });
  onTestFinished(async () => void (await server.stop(0)));
  const end = await Promise.race([server.ended, delay(20_000)]);
  expect(end).toMatchObject({ code: 1 });
  expect(server.output).toContain('backend.js');
});
