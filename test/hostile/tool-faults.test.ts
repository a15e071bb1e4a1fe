/**
 * Code of personas that fails in every way a language allows, and when it runs: the reply ends,
 * once, and the process goes on.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { scratchFolder, takerPersona } from './parts/scratch-folder.ts';
import { ask, startWorld } from './parts/world.ts';

vi.setConfig({ testTimeout: 30_000 });

/**
 * By name: what the tool does. Each ends the process where the server believes that it is an Error
 * with a text.
 */
const faults: Record<string, string> = {
  number_message: 'throw Object.assign(new Error(), { message: 42 })',
  undefined_message: 'throw Object.assign(new Error(), { message: undefined })',
  symbol_message: "throw Object.assign(new Error(), { message: Symbol('s') })",
  no_prototype: 'throw Object.create(null)',
  bare_symbol: "throw Symbol('s')",
  nothing: 'throw undefined',
  getters: `throw Object.defineProperties(new Error(), {
    message: { get() { throw new Error('message'); } },
    stack: { get() { throw new Error('stack'); } },
    name: { get() { throw new Error('name'); } },
    cause: { get() { throw new Error('cause'); } } })`,
  number_stack: "throw Object.assign(new Error('x'), { stack: 42 })",
  to_string: "throw { toString() { throw new Error('no text'); }, [Symbol.toPrimitive]() { throw 1; } }",
  revoked: 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy',
  thenable: 'return { get then() { throw Object.create(null); } }',
  rejection: 'return Promise.reject(Object.create(null))',
  to_json: 'return { toJSON() { throw Object.create(null); } }',
  circular: 'const a = {}; a.a = a; return a',
  bigint: 'return { n: 1n }',
};

const persona = takerPersona.replace(
  /tools:[\s\S]*?---/,
  `tools:\n${Object.keys(faults)
    .map((name) => `  - name: ${name}\n    description: Fails.`)
    .join('\n')}\n---`,
);
const code = Object.entries(faults)
  .map(([name, does]) => `export async function ${name}() { ${does}; }`)
  .join('\n');

test.for(['ollama', 'openai'] as const)(
  'at %s a tool of a persona may throw anything: the reply completes and the process goes on',
  async (backend, context) => {
    const folder = scratchFolder({ 'taker.md': persona, 'taker.tools.js': code });
    const env = { PERSONAS_DIR: folder, LOG_LEVEL: 'trace' };
    const world = await startWorld(context, { clause: 'A4', backend, env });
    const failed: string[] = [];
    for (const name of Object.keys(faults)) {
      const end = await world
        .agent('/?persona=taker')
        .then((client) => ask(client, name, `!call ${name}`))
        .catch(() => []);
      if (end.at(-1)?.type !== 'complete') failed.push(name);
      if (world.server.end !== undefined) break;
    }
    expect({ failed, ended: world.server.end }).toEqual({ failed: [], ended: undefined });
    expect(await world.lives()).toBe(true);
  },
);

test('a promise of a tool that is rejected after its result costs no more than a line in the log', async (context) => {
  const late = `export function take() { void (async () => { throw new Error('late'); })(); return 'ok'; }`;
  const folder = scratchFolder({ 'taker.md': takerPersona, 'taker.tools.js': late });
  const world = await startWorld(context, { clause: 'A4', env: { PERSONAS_DIR: folder } });
  const client = await world.agent('/?persona=taker');
  expect((await ask(client, '1', '!call take')).at(-1)).toMatchObject({ type: 'complete' });
  expect(await world.lives()).toBe(true);
});

test.for(['ollama', 'openai'] as const)(
  'at %s the code of a tool runs once although the stream breaks after its call',
  async (backend, context) => {
    const runs = join(scratchFolder(), 'runs');
    const counting = `import { appendFileSync } from 'node:fs';
      export function take() { appendFileSync(${JSON.stringify(runs)}, '.'); return 'taken'; }`;
    const written = scratchFolder({ 'taker.md': takerPersona, 'taker.tools.js': counting });
    const world = await startWorld(context, { clause: 'C15', backend, env: { PERSONAS_DIR: written } });
    const client = await world.agent('/?persona=taker');
    const frames = await ask(client, '1', '!call-cut take');
    const ran = existsSync(runs) ? readFileSync(runs, 'utf8').length : 0;
    world.figures.notes.push(`ran ${ran} times, ended ${String(frames.at(-1)?.type)}`);
    expect(ran).toBeLessThanOrEqual(1);
    expect(await world.lives()).toBe(true);
  },
);

test('the code of a tool runs once although the next backend answers for the one that broke off', async (context) => {
  const runs = join(scratchFolder(), 'runs');
  const counting = `import { appendFileSync } from 'node:fs';
    export function take() { appendFileSync(${JSON.stringify(runs)}, '.'); return 'taken'; }`;
  const folder = scratchFolder({ 'taker.md': takerPersona, 'taker.tools.js': counting });
  const env = { PERSONAS_DIR: folder };
  const world = await startWorld(context, { clause: 'C15', backend: 'both', env });
  const client = await world.agent('/?persona=taker');
  await ask(client, '1', '!call-cut take');
  const ran = existsSync(runs) ? readFileSync(runs, 'utf8').length : 0;
  world.figures.notes.push(`ran ${ran} times`);
  expect(ran).toBe(1);
});
