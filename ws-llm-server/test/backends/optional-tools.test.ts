/** A persona with tools answers with a model that takes none, and asks for that only once. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Backend, BackendError, type BackendListener, type BackendRequest } from '../../src/backend.ts';
import { withOptionalTools } from '../../src/backends/optional-tools.ts';
import { collect } from './collect.ts';

/** Takes no tools; says how many it was offered each time. */
class Toolless implements Backend {
  readonly name = 'small';
  readonly model = 'smollm2';
  readonly offered: number[] = [];

  async reply(request: BackendRequest, { onEvent }: BackendListener): Promise<void> {
    await Promise.resolve();
    this.#take(request);
    onEvent({ type: 'text', text: 'hi' });
    onEvent({ type: 'finish', reason: 'stop' });
  }

  async warm(request: BackendRequest): Promise<object> {
    this.#take(request);
    return Promise.resolve({});
  }

  #take({ tools = [] }: BackendRequest): void {
    this.offered.push(tools.length);
    if (tools.length > 0) {
      const message = 'Ollama answered 400: registry.ollama.ai/library/smollm2:135m does not support tools';
      throw new BackendError('bad_request', message, { retryable: false });
    }
  }
}

const options = { signal: new AbortController().signal };

function asking(...tools: NonNullable<BackendRequest['tools']>): BackendRequest {
  return { messages: [{ role: 'user', content: 'a' }], params: {}, tools };
}

test("the persona's own tools are left out, from then on at once", async () => {
  const inner = new Toolless();
  const backend = withOptionalTools(inner);
  for (let turn = 0; turn < 2; turn += 1) {
    const events = await collect(backend, asking({ name: 'note', isOptional: true }));
    expect(events.at(-1)).toMatchObject({ type: 'finish' });
  }
  await backend.warm?.(asking({ name: 'note', isOptional: true }), options);
  expect(inner.offered).toEqual([1, 0, 0, 0]);
});

test("a client's tools are not: it is told", async () => {
  const inner = new Toolless();
  const backend = withOptionalTools(inner);
  const request = asking({ name: 'note', isOptional: true }, { name: 'weather' });
  await expect(collect(backend, request)).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringContaining('does not support tools') as string,
  });
  expect(inner.offered).toEqual([2, 1]);
});

test('that a model takes none is known from its first refusal, whoever asked', async () => {
  const backend = withOptionalTools(new Toolless());
  expect(backend.takesTools?.(undefined)).toBeUndefined();
  await expect(collect(backend, asking({ name: 'weather' }))).rejects.toThrow();
  expect([backend.takesTools?.(undefined), backend.takesTools?.('other')]).toEqual([false, undefined]);
});

test('a model that its server says takes none is not asked in vain', async () => {
  const inner = new Toolless();
  const backend = withOptionalTools(Object.assign(inner, { takesTools: () => false }));
  await collect(backend, asking({ name: 'note', isOptional: true }));
  expect(inner.offered).toEqual([0]);
});

test('any other refusal stays one', async () => {
  const refusal = new BackendError('bad_request', 'too many words', { retryable: false });
  const backend = withOptionalTools({
    name: 'small',
    model: 'm',
    reply: () => Promise.reject(refusal),
  });
  const reply = collect(backend, asking({ name: 'note', isOptional: true }));
  await expect(reply).rejects.toThrow('too many words');
});

test('after an abort the model is not asked again', async () => {
  const abort = new AbortController();
  let asked = 0;
  const backend = withOptionalTools({
    name: 'small',
    model: 'm',
    async reply() {
      asked += 1;
      abort.abort();
      await Promise.reject(new BackendError('bad_request', 'm does not support tools', { retryable: false }));
    },
  });
  const reply = collect(backend, asking({ name: 'note', isOptional: true }), abort.signal);
  await expect(reply).rejects.toThrow('does not support tools');
  expect(asked).toBe(1);
});

const note = { name: 'note', isOptional: true };

test('what a refusal taught holds ten minutes: the server may have been started anew since', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const inner = new Toolless();
  const backend = withOptionalTools(inner);
  await collect(backend, asking(note));
  vi.advanceTimersByTime(599_000);
  await collect(backend, asking(note));
  expect(inner.offered).toEqual([1, 0, 0]);
  vi.advanceTimersByTime(2_000);
  expect(backend.takesTools?.(undefined)).toBeUndefined();
  await collect(backend, asking(note));
  expect(inner.offered).toEqual([1, 0, 0, 1, 0]);
});

test.each(['load', 'pull'] as const)('a %s of the model forgets what was learnt of it', async (act) => {
  const inner = new Toolless();
  const done: string[] = [];
  const backend = withOptionalTools(
    Object.assign(inner, { [act]: async (model: string) => void done.push(model) }),
  );
  await collect(backend, asking(note));
  expect(backend.takesTools?.('smollm2')).toBe(false);
  await backend[act]?.('other', { ...options, onProgress: () => undefined });
  expect(backend.takesTools?.('smollm2')).toBe(false);
  await backend[act]?.('smollm2', { ...options, onProgress: () => undefined });
  expect([backend.takesTools?.('smollm2'), done]).toEqual([undefined, ['other', 'smollm2']]);
});

test.each([
  ['any of the tools', 'required' as const],
  ['a tool that is left out', { name: 'note' }],
])(
  'a call of %s that is demanded is a bad request, whether the refusal is known or not',
  async (_, toolChoice) => {
    const inner = new Toolless();
    const backend = withOptionalTools(inner);
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(collect(backend, { ...asking(note), toolChoice })).rejects.toMatchObject({
        code: 'bad_request',
        retryable: false,
        message: expect.stringMatching(/^tool_choice: the model takes no tools/) as string,
      });
    }
    expect(inner.offered).toEqual([1]);
    await collect(backend, { ...asking(note), toolChoice: 'none' });
    await collect(backend, { ...asking(note), toolChoice: 'auto' });
    expect(inner.offered).toEqual([1, 0, 0]);
  },
);

test('of more models than can be remembered the ones that were used last are', async () => {
  const inner = new Toolless();
  const backend = withOptionalTools(inner);
  for (let count = 0; count < 300; count += 1)
    await collect(backend, { ...asking(note), model: `m${count}` });
  const known = Array.from({ length: 300 }, (__, count) => backend.takesTools?.(`m${count}`) === false);
  expect([known.filter(Boolean).length, known.at(-1), known[0]]).toEqual([256, true, false]);
});
