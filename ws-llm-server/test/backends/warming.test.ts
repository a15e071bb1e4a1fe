/** A model that is warmed reads the prompt once, before anybody waits for it, and in nobody's way. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Behaviour } from '../../../test/stand-ins/model/behaviour.ts';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import type { Backend, BackendRequest, BackendWarmth } from '../../src/backend.ts';
import { withIdleWarming } from '../../src/backends/idle-warming.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect } from './collect.ts';

const { signal } = new AbortController();

function prompt(content: string): BackendRequest {
  return {
    messages: [
      { role: 'system', content: 'You are Ada.' },
      { role: 'user', content },
    ],
    tools: [{ name: 'f' }],
    params: { temperature: 0, maxTokens: 50 },
  };
}

async function startModel(...script: Behaviour[]): Promise<FakeModel> {
  const model = await FakeModel.start();
  model.script.push(...script);
  onTestFinished(() => model.close());
  return model;
}

function ollama(model: FakeModel): Backend {
  return withIdleWarming(new OllamaBackend({ host: model.ollamaHost, model: 'fake-model' }));
}

function openAI(model: FakeModel): Backend {
  return withIdleWarming(
    new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'fake-model' }),
  );
}

async function warm(backend: Backend, request: BackendRequest, by = signal): Promise<BackendWarmth> {
  if (backend.warm === undefined) throw new Error('this backend does not warm');
  return backend.warm(request, { signal: by });
}

const silent: Behaviour = { tokens: [], failure: { type: 'silent', after: 0 } };

test('Ollama loads the model and reads the very prompt of the next chat, for a single token', async () => {
  const model = await startModel({ tokens: ['a'] }, { tokens: ['b'] });
  const backend = ollama(model);
  expect(await warm(backend, prompt('hi'))).toEqual({ prefilledTokens: 11 });
  expect([...model.ollama.loaded]).toEqual(['fake-model']);
  await collect(backend, prompt('hi'));
  const [warmed, asked] = model.requests.map(({ body }) => body);
  expect(warmed).toEqual({ ...asked, options: { temperature: 0, num_predict: 1 } });
  expect(asked).toMatchObject({ options: { temperature: 0, num_predict: 50 } });
});

test('a model that was unloaded reads again what it had read', async () => {
  const model = await startModel();
  const backend = ollama(model);
  await warm(backend, prompt('hi'));
  await warm(backend, prompt('hi'));
  expect(model.requests).toHaveLength(1);
  await backend.unload?.('fake-model', { signal });
  await warm(backend, prompt('hi'));
  expect(model.requests).toHaveLength(2);
  expect([...model.ollama.loaded]).toEqual(['fake-model']);
});

test('a server of one’s own that speaks OpenAI reads it for a single token', async () => {
  const model = await startModel({ tokens: ['a'] }, { tokens: ['b'] });
  const backend = openAI(model);
  expect(await warm(backend, prompt('hi'))).toEqual({ prefilledTokens: 11 });
  await collect(backend, prompt('hi'));
  const [warmed, asked] = model.requests.map(({ body }) => body);
  expect(warmed).toEqual({ ...asked, max_tokens: 1 });
});

test('an abort closes the request at once', async () => {
  for (const make of [ollama, openAI]) {
    const model = await startModel(silent);
    const abort = new AbortController();
    const warming = warm(make(model), prompt('hi'), abort.signal);
    const seen = await model.request(0);
    abort.abort();
    await expect(warming).rejects.toThrow();
    expect(await seen.closed).toMatchObject({ by: 'client' });
  }
});

test('who asks for the same prefix joins, and one that leaves does not take it from the others', async () => {
  const model = await startModel({ tokens: ['a'], firstTokenMs: 60 });
  const backend = ollama(model);
  const abort = new AbortController();
  const first = warm(backend, prompt('hi'), abort.signal);
  const others = [warm(backend, prompt('hi')), warm(backend, prompt('hi'))];
  await model.request(0);
  abort.abort();
  await expect(first).rejects.toThrow();
  others.push(warm(backend, prompt('hi')));
  expect(await Promise.all(others)).toEqual([11, 11, 11].map((prefilledTokens) => ({ prefilledTokens })));
  expect(model.requests).toHaveLength(1);
});

test('when all have left it is closed, and the next one begins anew', async () => {
  const model = await startModel(silent, { tokens: ['a'] });
  const backend = ollama(model);
  const abort = new AbortController();
  const both = [warm(backend, prompt('hi'), abort.signal), warm(backend, prompt('hi'), abort.signal)];
  const seen = await model.request(0);
  abort.abort();
  for (const one of both) await expect(one).rejects.toThrow();
  expect(await seen.closed).toMatchObject({ by: 'client' });
  expect(await warm(backend, prompt('hi'))).toEqual({ prefilledTokens: 11 });
});

test('a prefix that was read is not read again, until a chat has run', async () => {
  const model = await startModel();
  const backend = ollama(model);
  await warm(backend, prompt('hi'));
  expect(await warm(backend, prompt('hi'))).toEqual({ prefilledTokens: 11 });
  expect(model.requests).toHaveLength(1);
  await collect(backend, prompt('other'));
  await warm(backend, prompt('hi'));
  expect(model.requests).toHaveLength(3);
});

test('it waits for a chat that runs, and other prefixes wait for their turn [P-161]', async () => {
  const model = await startModel(silent, { tokens: ['a'] }, { tokens: ['a'] });
  const backend = ollama(model);
  const abort = new AbortController();
  const chat = collect(backend, prompt('chat'), abort.signal);
  await model.request(0);
  const warmed: string[] = [];
  const both = ['one', 'two'].map(async (name) => {
    await warm(backend, prompt(name));
    warmed.push(name);
  });
  await nextTurn();
  expect(model.requests).toHaveLength(1);
  abort.abort();
  await expect(chat).rejects.toThrow();
  await Promise.all(both);
  expect(warmed).toEqual(['one', 'two']);
  expect(model.mostOpen).toBe(1);
});

test('one that waits and is aborted leaves its turn to the next', async () => {
  const model = await startModel(silent);
  const backend = ollama(model);
  const chatAbort = new AbortController();
  const chat = collect(backend, prompt('chat'), chatAbort.signal);
  await model.request(0);
  const abort = new AbortController();
  const left = warm(backend, prompt('one'), abort.signal);
  const stays = warm(backend, prompt('two'));
  abort.abort();
  await expect(left).rejects.toThrow();
  chatAbort.abort();
  await expect(chat).rejects.toThrow();
  expect(await stays).toEqual({ prefilledTokens: 11 });
  expect(model.requests.map(({ body }) => body.messages.at(-1)?.content)).toEqual(['chat', 'two']);
});

test('a chat does not wait for it [P-161]', async () => {
  const model = await startModel(silent, { tokens: ['a'] });
  const backend = ollama(model);
  const abort = new AbortController();
  const warming = warm(backend, prompt('one'), abort.signal);
  await model.request(0);
  expect(await collect(backend, prompt('chat'))).toMatchObject([{ type: 'text' }, { type: 'finish' }]);
  abort.abort();
  await expect(warming).rejects.toThrow();
});

test('one that fails says why, and the next tries again', async () => {
  const model = await startModel({ tokens: [], failure: { type: 'status', status: 500 } }, { tokens: ['a'] });
  const backend = ollama(model);
  await expect(warm(backend, prompt('hi'))).rejects.toMatchObject({ code: 'backend_unavailable' });
  expect(await warm(backend, prompt('hi'))).toEqual({ prefilledTokens: 11 });
});
