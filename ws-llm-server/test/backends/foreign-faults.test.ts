/**
 * A backend module that breaks its contract costs a reply at most: the process goes on, and the log
 * names the module.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { TestSocket } from '../../../test/stand-ins/test-socket.ts';
import type { Backend, BackendError, BackendEvent } from '../../src/backend.ts';
import { loadBackendModule } from '../../src/backends/backend-module.ts';
import { enforceContract } from '../../src/backends/foreign-backend.ts';
import { failureText } from '../../src/failure-text.ts';
import { user } from '../test-server.ts';
import { collect } from './collect.ts';
import { moduleFolder } from './documented-backend.ts';

const sourceOf = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
const flags = ['--conditions=source', '--import', 'tsx'];
const thrower = (): never => {
  throw Object.create(null);
};
const { signal } = new AbortController();

let folder: Awaited<ReturnType<typeof moduleFolder>>;
beforeAll(async () => {
  folder = await moduleFolder();
});
afterAll(() => folder.remove());

const module = `
const thrower = () => { throw Object.create(null); };
export default {
  name: 'mine',
  get model() { return thrower(); },
  get secrets() { return thrower(); },
  takesTools: thrower,
  contextTokens: thrower,
  close: thrower,
  async warm() { throw { get message() { return thrower(); } }; },
  reply({ messages }, { signal, onEvent }) {
    const said = messages.at(-1).content;
    if (said === 'throw') thrower();
    if (said === 'then') return { get then() { return thrower(); } };
    if (said === 'unnamed') { onEvent({ text: 'hi' }); return Promise.resolve(); }
    if (said === 'forget') { onEvent({ type: 'text', text: 'hi' }); return Promise.resolve(); }
    if (said === 'listen') {
      onEvent({ type: 'text', text: 'listening' });
      signal.addEventListener('abort', () => { throw new Error('boom'); });
      signal.addEventListener('abort', { handleEvent() { thrower(); } });
      signal.addEventListener('abort', async () => thrower());
      signal.onabort = thrower;
      return new Promise((_, reject) => signal.addEventListener('abort', () => setTimeout(reject, 10, thrower)));
    }
    onEvent({ type: 'text', text: 'hi' });
    onEvent({ type: 'finish', reason: 'stop' });
    return Promise.reject(new Error('after the finish'));
  },
};`;

test('a module whose every member throws answers what it can, and the process ends as it should', async () => {
  const path = await folder.write('throwing.mjs', module);
  const child = spawn(process.execPath, [...flags, sourceOf('main.ts')], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', LLM_BACKEND: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await vi.waitFor(() => expect(output).toMatch(/socket +ws:/), { timeout: 8_000 });
  const address = /ws:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
  const client = await TestSocket.open(address, ['ws-llm.v1']);
  const guest = await TestSocket.open(address, ['ws-llm.v1'], { headers: { origin: 'null' } });
  await client.nextOf('ready');
  for (const said of ['throw', 'then', 'unnamed', 'forget']) {
    client.send({ type: 'chat', id: said, messages: [user(said)], deadlines: { total_ms: 3_000 } });
    guest.send({ type: 'chat', id: said, messages: [user(said)] });
    const { message } = await client.nextOf('error');
    expect(message).toMatch(
      said === 'throw' || said === 'then' ? /^mine failed/ : /throwing\.mjs (?:sent|ended)/,
    );
    expect(message).not.toContain('undefined');
    expect((await guest.nextOf('error'))['message']).toBe('The model could not answer.');
  }
  client.send({ type: 'warm', id: 'warm', messages: [] });
  expect(await client.nextOf('error')).toMatchObject({ id: 'warm', code: 'backend_failed' });
  client.send({ type: 'chat', id: 'listen', messages: [user('listen')] });
  await client.nextOf('delta');
  client.send({ type: 'cancel', id: 'listen' });
  expect(await client.nextOf('complete')).toMatchObject({ id: 'listen', finish_reason: 'cancelled' });
  client.send({ type: 'chat', id: 'hi', messages: [user('hi')] });
  expect(await client.nextOf('complete')).toMatchObject({ id: 'hi', finish_reason: 'stop' });
  // The rejection after the abort, and whatever Node makes of listeners that throw.
  await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(output).toContain('throwing.mjs: an abort listener threw: boom');
  expect(output).toContain('throwing.mjs ended its reply without a finish event.');
});

test.each([
  ['never finishes loading', 'await new Promise(() => {}); export default 1;', /it did not finish loading/],
  [
    'never makes its backend',
    'export const createBackend = () => new Promise(() => {});',
    /its function returned no backend/,
  ],
])('a module that %s ends the start with an error', async (_, code, words) => {
  const path = await folder.write(`${code.length}.mjs`, code);
  const program = `import { loadBackendModule } from ${JSON.stringify(sourceOf('backends/backend-module.ts'))};
    loadBackendModule(${JSON.stringify(path)}, { model: undefined, timeoutMs: 200 }).catch((error) => {
      console.error(error.name, error.message);
      process.exit(1);
    });`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '--eval', program],
    {
      encoding: 'utf8',
    },
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/^BackendModuleError .*\(LLM_BACKEND\)/);
  expect(stderr).toMatch(words);
  expect(stderr).toContain('within 0.2 s');
});

test('a name that throws is no name, and a model that throws is not known yet', async () => {
  const write = (code: string): Promise<string> => folder.write(`${code.length}.mjs`, code);
  const unnamed = await write(`export default { get name() { throw 1; }, async reply() {} };`);
  await expect(loadBackendModule(unnamed, { model: undefined })).rejects.toThrow(/has no name/);
  const named = await write(`export default { name: 'x', get model() { throw 1; }, async reply() {} };`);
  expect((await loadBackendModule(named, { model: undefined })).model).toBeUndefined();
});

/** Keeps the contract as far as it is asked for it here. */
const kept: Backend = {
  name: 'x',
  model: 'm',
  async reply(_, { onEvent }) {
    onEvent({ type: 'finish', reason: 'stop' });
  },
};
const loose = (members: Record<string, unknown>): Backend => ({ ...kept, ...members });

test('what a member answers counts as unknown where it is not what the contract says', () => {
  const backend = enforceContract(
    loose({
      model: 5,
      secrets: ['key', 1, null],
      contextTokens: () => 'many',
      takesTools: () => Promise.resolve(true),
    }),
  );
  expect(backend).toMatchObject({ name: 'x', model: undefined, secrets: ['key'] });
  expect([backend.contextTokens?.('m'), backend.takesTools?.('m')]).toEqual([undefined, undefined]);
});

test('each member that throws is reported once, with the module as the culprit', () => {
  const faults: BackendError[] = [];
  const options = { culprit: './my.js', onFault: (error: BackendError) => void faults.push(error) };
  const backend = enforceContract(
    loose({ takesTools: thrower, close: () => Promise.reject(new Error('no')) }),
    options,
  );
  for (let again = 0; again < 3; again += 1) expect(backend.takesTools?.('m')).toBeUndefined();
  expect(faults.map((error) => failureText(error))).toEqual([
    './my.js: takesTools threw: an error that cannot be written as text',
  ]);
});

describe('events', () => {
  test.each([
    [
      'text that is none',
      { type: 'text', text: 5 },
      /x sent an event of type "text" whose text is no string/,
    ],
    ['reasoning that is none', { type: 'reasoning' }, /type "reasoning" whose text is no string/],
    ['a call without a name', { type: 'tool_call', call: {} }, /type "tool_call" whose call has no name/],
    ['no call', { type: 'tool_call' }, /type "tool_call" whose call has no name/],
    ['a context without numbers', { type: 'context', context: {} }, /type "context" without its numbers/],
    ['nothing', undefined, /x sent an event that is no object/],
    ['no type', {}, /x sent an event without a type/],
    ['a type that is none', { type: 5 }, /x sent an event without a type/],
    [
      'a getter that throws',
      {
        get type(): never {
          return thrower();
        },
      },
      /^x failed/,
    ],
  ])('%s fails the reply', async (_, event, words) => {
    const reply: Backend['reply'] = async (_request, { onEvent }) => onEvent(event as BackendEvent);
    const failed = collect(enforceContract(loose({ reply })));
    await expect(failed).rejects.toMatchObject({ code: 'backend_failed', retryable: false });
    await expect(failed).rejects.toThrow(words);
  });

  test('200 calls are too many', async () => {
    const reply: Backend['reply'] = async (_request, { onEvent }) => {
      for (let count = 0; count < 200; count += 1)
        onEvent({ type: 'tool_call', call: { id: '', name: 'f', arguments: '{}' } });
    };
    await expect(collect(enforceContract(loose({ reply })))).rejects.toThrow(/more than 128 tool calls/);
  });

  test('a megabyte of text comes in pieces', async () => {
    const reply: Backend['reply'] = async (_request, { onEvent }) => {
      onEvent({ type: 'text', text: 'x'.repeat(1_000_000) });
      onEvent({ type: 'finish', reason: 'stop' });
    };
    const events = await collect(enforceContract(loose({ reply })));
    expect(events).toHaveLength(246);
  });
});

test('an abort ends the waiting for a module that does not notice it', async () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const backend = enforceContract(
    loose({ reply: never, warm: never, models: never, load: never, pull: never }),
  );
  const abort = new AbortController();
  const asked = { signal: abort.signal };
  const waiting = [
    backend.reply({ messages: [], params: {} }, { ...asked, onEvent: () => undefined }),
    backend.warm?.({ messages: [], params: {} }, asked),
    backend.models?.(asked),
    backend.load?.('m', asked),
    backend.pull?.('m', { ...asked, onProgress: () => undefined }),
  ];
  abort.abort();
  const outcomes = await Promise.allSettled(waiting.map(async (one) => one));
  expect(outcomes.map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'));
});

test('the body of a Response that was thrown is read up to 64 KiB', async () => {
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(10_000).fill(120));
    },
  });
  const reply = (): never => {
    throw new Response(body, { status: 503 });
  };
  await expect(collect(enforceContract(loose({ reply })))).rejects.toMatchObject({
    code: 'backend_unavailable',
  });
  expect(pulled).toBeLessThan(12);
});

test('models and progress are handed on as far as they are what they should be', async () => {
  const steps: unknown[] = [];
  const backend = enforceContract(
    loose({
      models: async () => [{ name: 'a', sizeBytes: '5', loaded: true, other: thrower }],
      async pull(_model: string, { onProgress }: { onProgress: (step: unknown) => void }) {
        for (const step of [{ status: 'one', totalBytes: 'x' }, {}, null]) onProgress(step);
        setImmediate(() => onProgress({ status: 'late' }));
      },
    }),
  );
  expect(await backend.models?.({ signal })).toEqual([{ name: 'a', loaded: true }]);
  await backend.pull?.('m', { signal, onProgress: (step) => steps.push(step) });
  await new Promise((resolve) => setImmediate(resolve));
  expect(steps).toEqual([{ status: 'one' }]);
  const broken = enforceContract(loose({ models: async () => 'none' }));
  await expect(broken.models?.({ signal })).rejects.toThrow(/x: models\(\) returned no list of models/);
});
