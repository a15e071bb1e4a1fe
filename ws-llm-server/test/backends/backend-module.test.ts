/** A backend of one's own: what docs/backends.md shows works as shown, and a module that is none is told at the start, in words. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import type { Backend, BackendEvent } from '../../src/backend.ts';
import { loadBackendModule } from '../../src/backends/backend-module.ts';
import { chooseBackend } from '../../src/backends/choose-backend.ts';
import { enforceContract } from '../../src/backends/foreign-backend.ts';
import { loadConfig } from '../../src/config.ts';
import { collect } from './collect.ts';
import { describeBackend } from './conformance.ts';
import { documentedBackend, moduleFolder } from './documented-backend.ts';

let folder: Awaited<ReturnType<typeof moduleFolder>>;
let createBackend: (options: { model: string | undefined }) => Backend;
beforeAll(async () => {
  folder = await moduleFolder();
  const path = await folder.write('my-backend.mjs', documentedBackend());
  ({ createBackend } = (await import(pathToFileURL(path).href)) as { createBackend: typeof createBackend });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

describeBackend('the one of docs/backends.md', (model, name) => {
  vi.stubEnv('MY_MODEL_HOST', model.ollamaHost);
  return enforceContract(createBackend({ model: name }));
});

test('it is short', () => {
  expect(documentedBackend().trim().split('\n').length).toBeLessThanOrEqual(23);
});

let made = 0;
async function load(code: string): Promise<Backend> {
  made += 1;
  const path = await folder.write(`module-${made}.mjs`, code);
  return loadBackendModule(path, { model: 'm' });
}

test('LLM_BACKEND takes its path, LLM_MODEL its model, and its replies say its name', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  vi.stubEnv('MY_MODEL_HOST', model.ollamaHost);
  const path = await folder.write('named.mjs', documentedBackend());
  const config = loadConfig({ LLM_BACKEND: path, LLM_MODEL: 'other-model' });
  const { backend } = await chooseBackend(config.backend);
  expect([backend.name, backend.model]).toEqual(['mine', 'other-model']);
  expect((await collect(backend)).at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  expect(model.requests[0]?.body['model']).toBe('other-model');
});

const reply = `async reply(_, { onEvent }) { onEvent({ type: 'text', text: 'ok' }); onEvent({ type: 'finish', reason: 'stop' }); }`;

test.each([
  ['a default export', `export default { name: 'x', ${reply} };`],
  ['a default export that is a function', `export default () => ({ name: 'x', ${reply} });`],
  ['a function that takes its time', `export const createBackend = async () => ({ name: 'x', ${reply} });`],
  ['a backend itself', `export const createBackend = { name: 'x', ${reply} };`],
])('%s is taken', async (_, code) => {
  expect(await collect(await load(code))).toEqual([
    { type: 'text', text: 'ok' },
    { type: 'finish', reason: 'stop' },
  ]);
});

test.each([
  ['exports nothing', 'export const other = 1;', /exports neither createBackend nor a default/],
  ['cannot be read', 'export const = 1;', /cannot be loaded/],
  ['throws', `throw new Error('no licence');`, /cannot be loaded \(no licence\)/],
  ['fails to make one', `export default () => { throw new Error('no key'); };`, /function failed \(no key\)/],
  ['makes none', 'export default () => 1;', /expected an object, not number/],
  ['has no name', `export default { ${reply} };`, /has no name/],
  ['cannot answer', `export default { name: 'x' };`, /has no method reply/],
  ['has a model that is none', `export default { name: 'x', model: 1, ${reply} };`, /model is neither/],
  [
    'has a method that is none',
    `export default { name: 'x', warm: true, ${reply} };`,
    /its warm is not a function/,
  ],
])('a module that %s is told in words, with its path', async (_, code, words) => {
  const loading = load(code);
  await expect(loading).rejects.toThrow(words);
  await expect(loading).rejects.toThrow(/module-\d+\.mjs \(LLM_BACKEND\).*docs\/backends\.md/s);
});

test.each([
  ['an error of its own', `throw new Error('boom')`, { message: 'x failed', said: 'boom' }],
  ['something that is no error', `throw 'boom'`, { message: 'x failed', said: 'boom' }],
  [
    'a code of ours',
    `throw Object.assign(new Error('soon'), { code: 'rate_limited', retryAfterMs: 50 })`,
    { code: 'rate_limited', retryable: true, retryAfterMs: 50 },
  ],
  [
    'a status, as SDKs do',
    `throw Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': '2' } })`,
    { code: 'rate_limited', retryAfterMs: 2_000 },
  ],
  [
    'a refusal of what is too long',
    `throw Object.assign(new Error('maximum context length is 10 tokens'), { status: 400 })`,
    { code: 'context_too_long', context: { limitTokens: 10 } },
  ],
  [
    'an event of an unknown type',
    `onEvent({ type: 'sound' })`,
    { message: expect.stringMatching(/^\S+\.mjs sent an event of the unknown type "sound"\.$/) as string },
  ],
  [
    'an event without a type',
    `onEvent({ text: 'hi' })`,
    { message: expect.stringMatching(/^\S+\.mjs sent an event without a type\.$/) as string },
  ],
])('%s is a failure that is understood', async (_, statement, meaning) => {
  const backend = await load(`export default { name: 'x', async reply(_, { onEvent }) { ${statement}; } };`);
  await expect(collect(backend)).rejects.toMatchObject(meaning);
});

test('what is no event fails the reply alone, wherever it is told, and the module is to stop', async () => {
  const backend = await load(`export default { name: 'x', async reply(_, { signal, onEvent }) {
    setImmediate(() => { for (const event of [null, { type: 'text', text: 'late' }]) onEvent(event); });
    await new Promise((resolve) => signal.addEventListener('abort', () => { globalThis.moduleStopped = true; }));
  } };`);
  await expect(collect(backend)).rejects.toMatchObject({ name: 'BackendError', code: 'backend_failed' });
  expect(globalThis).toHaveProperty('moduleStopped', true);
});

test('a reply is over when its promise resolves: what comes later is dropped, and the module is to stop', async () => {
  const backend = await load(`export default { name: 'x', async reply(_, { signal, onEvent }) {
    setImmediate(() => { onEvent({ type: 'text', text: signal.aborted ? 'stopped' : 'late' }); });
  } };`);
  const events: BackendEvent[] = [];
  const { signal } = new AbortController();
  const request = { messages: [], params: {} };
  const replying = backend.reply(request, { signal, onEvent: (event) => events.push(event) });
  await expect(replying).rejects.toMatchObject({
    code: 'backend_failed',
    retryable: true,
    message: expect.stringMatching(/module-\d+\.mjs ended its reply without a finish event\.$/) as string,
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual([]);
});

test('a reply is over with its finish, whatever the module still waits for', async () => {
  const backend = await load(`export default { name: 'x', async reply(_, { onEvent }) {
    onEvent({ type: 'finish', reason: 'stop' });
    await new Promise(() => undefined);
  } };`);
  expect(await collect(backend)).toEqual([{ type: 'finish', reason: 'stop' }]);
});

test('a server that is given a module which is no backend does not start, and says why in a sentence', async () => {
  const path = await folder.write('broken.mjs', 'export default 1;');
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const server = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', main], {
    env: { ...process.env, LLM_BACKEND: path, PORT: '0' },
  });
  const said = await text(server.stderr);
  expect(said).toContain(`${path} (LLM_BACKEND) is not a backend: expected an object, not number`);
  expect(said).not.toContain('    at ');
});
