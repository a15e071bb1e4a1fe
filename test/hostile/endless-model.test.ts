/**
 * A model server that says too much: each thing that grows has its limit where it grows, and the
 * request ends.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TestSocket } from '../stand-ins/test-socket.ts';
import { scratchFolder, takerPersona } from './parts/scratch-folder.ts';
import { ask, startWorld, type World } from './parts/world.ts';

/** By then a reply without end has ended. */
const endsWithinMs = 6_000;
const peakMb = 300;
const stallMs = 500;

/** The frames of a reply; undefined where it has not ended in time. */
function inTime(asked: ReturnType<typeof ask>): Promise<Awaited<typeof asked> | undefined> {
  return Promise.race([asked.catch(() => undefined), delay(endsWithinMs, undefined, { ref: false })]);
}

async function expectCalm(world: World, client: TestSocket): Promise<void> {
  expect(await world.lives()).toBe(true);
  expect(world.figures.stallMs).toBeLessThan(stallMs);
  expect(world.figures.peakMb).toBeLessThan(peakMb);
  await expect.poll(async () => (await world.model.count()).open, { timeout: 2_000 }).toBe(0);
  expect((await ask(client, 'after', '!say still here')).at(-1)).toMatchObject({ type: 'complete' });
}

const endless: [string, string, ('openai' | 'ollama')[]][] = [
  ['the body of an error 500', '!error-body 500', ['openai', 'ollama']],
  ['the body of an error 400', '!error-body 400', ['openai', 'ollama']],
  ['the lines of an error 429', '!error-lines 429', ['openai', 'ollama']],
  ['an event without its blank line', '!no-blank-line', ['openai']],
  ['a line without its end', '!no-line-end', ['openai', 'ollama']],
  ['the arguments of one call', '!args', ['openai']],
  ['its reasoning', '!reasoning', ['openai', 'ollama']],
  ['reasoning inside its text', '!open-thought', ['openai', 'ollama']],
  ['its text', '!flood', ['openai', 'ollama']],
];

test.for(endless.flatMap(([what, trick, dialects]) => dialects.map((dialect) => ({ what, trick, dialect }))))(
  'at $dialect a model server whose answer has no end ($what) costs one reply',
  async ({ trick, dialect }, context) => {
    const world = await startWorld(context, { clause: 'A6', backend: dialect });
    const client = await world.agent();
    const frames = await inTime(ask(client, '1', trick));
    world.figures.notes.push(`ended ${frames?.at(-1)?.type ?? 'not'}`);
    expect(['error', 'complete']).toContain(frames?.at(-1)?.type);
    await expectCalm(world, client);
  },
);

test.for(['openai', 'ollama'] as const)(
  'at %s a list of models without an end is refused',
  async (backend, context) => {
    const world = await startWorld(context, { clause: 'A6', backend });
    await world.model.set({ listsForEver: true });
    const signal = AbortSignal.timeout(endsWithinMs);
    const { status } = await fetch(`http://127.0.0.1:${world.port}/api/models`, { signal });
    expect(status).toBeGreaterThanOrEqual(500);
    expect(await world.lives()).toBe(true);
    expect(world.figures.peakMb).toBeLessThan(peakMb);
  },
);

test.for(['openai', 'ollama'] as const)(
  'at %s white space without end before the first word costs one reply',
  async (backend, context) => {
    const world = await startWorld(context, { clause: 'A6', backend });
    const client = await world.agent();
    const frames = await inTime(ask(client, '1', '!spaces 400000'));
    world.figures.notes.push(`ended ${frames?.at(-1)?.type ?? 'not'}`);
    expect(frames?.at(-1)?.type).toBeDefined();
    await expectCalm(world, client);
  },
);

test.for([
  ['openai', 15_000_000],
  ['ollama', 15_000_000],
  ['openai', 1_500_000],
] as const)(
  'at %s a piece of %i characters ends the reply with `length`, and its client stays',
  async ([backend, chars], context) => {
    const world = await startWorld(context, { clause: 'A6', backend });
    const client = await world.agent();
    const frames = await inTime(ask(client, '1', `!piece ${chars}`));
    expect(frames?.at(-1)).toMatchObject({ type: 'complete', finish_reason: 'length' });
    const said = frames?.reduce(
      (sum, { content }) => sum + (typeof content === 'string' ? content.length : 0),
      0,
    );
    world.figures.notes.push(`${said} characters sent`);
    await expectCalm(world, client);
  },
);

test.for(['openai', 'ollama'] as const)(
  'at %s 20,000 calls of a tool of the persona in each round run it a few times at most',
  async (backend, context) => {
    const runs = join(scratchFolder(), 'runs');
    const counting = `import { appendFileSync } from 'node:fs';
      export function take() { appendFileSync(${JSON.stringify(runs)}, '.'); return 'taken'; }`;
    const folder = scratchFolder({ 'taker.md': takerPersona, 'taker.tools.js': counting });
    const world = await startWorld(context, { clause: 'A6', backend, env: { PERSONAS_DIR: folder } });
    const client = await world.agent('/?persona=taker');
    const frames = await inTime(ask(client, '1', '!calls 20000 take'));
    const ran = existsSync(runs) ? readFileSync(runs, 'utf8').length : 0;
    world.figures.notes.push(`ran ${ran} times, ended ${frames?.at(-1)?.type ?? 'not'}`);
    expect(frames?.at(-1)?.type).toBeDefined();
    expect(ran).toBeLessThanOrEqual(1_000);
    await expectCalm(world, client);
  },
);

test('20,000 calls of a tool of the client in one reply fail it, and none is handed on', async (context) => {
  const world = await startWorld(context, { clause: 'A6' });
  const client = await world.agent();
  const frames = await inTime(ask(client, '1', '!calls 20000 own'));
  expect(frames).toHaveLength(1);
  expect(frames?.at(-1)).toMatchObject({
    type: 'error',
    code: 'backend_failed',
    retryable: false,
    message: expect.stringMatching(/more than 128 tool calls/) as string,
  });
  await expectCalm(world, client);
});

test('an emotion that is told without end is given up, and costs no memory', async (context) => {
  const moody = '---\ntitle: Moody\nemotions: [calm, neutral]\n---\nYou feel.\n';
  const env = { PERSONAS_DIR: scratchFolder({ 'moody.md': moody }) };
  const world = await startWorld(context, { clause: 'A6', env });
  await world.model.set({ emotion: 'flood' });
  const client = await world.agent('/?persona=moody');
  await ask(client, '1', '!say yes', { annotate: ['emotion'] });
  await delay(2_000);
  await expectCalm(world, client);
});
