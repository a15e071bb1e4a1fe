/** Models are listed with what is known of them, got, loaded and unloaded; one that is not there is told with those that are. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import type { Backend, BackendRequest, PullProgress } from '../../src/backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect } from './collect.ts';

const options = { signal: new AbortController().signal };
const question: BackendRequest = { messages: [{ role: 'user', content: 'hi' }], params: {} };

async function startModel(): Promise<FakeModel> {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  return model;
}

const ollama = (model: FakeModel, numCtx?: number): OllamaBackend =>
  new OllamaBackend({ host: model.ollamaHost, model: 'fake-model', numCtx });
const openAI = (model: FakeModel): OpenAIBackend =>
  new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'fake-model' });

describe.each<[string, (model: FakeModel) => Backend]>([
  ['ollama', ollama],
  ['openai', openAI],
])('%s', (_, make) => {
  test('the models are listed', async () => {
    const model = await startModel();
    const listed = await make(model).models?.(options);
    expect(listed?.map(({ name }) => name)).toEqual(['fake-model', 'other-model']);
  });

  test('a server that is away lists nothing, in words', async () => {
    const model = await startModel();
    model.stopListening();
    await expect(make(model).models?.(options)).rejects.toMatchObject({ code: 'backend_unavailable' });
  });

  test('a request names its model, and the reply says which one answered', async () => {
    const model = await startModel();
    const events = await collect(make(model), { ...question, model: 'other-model' });
    expect(model.requests[0]?.body['model']).toBe('other-model');
    expect(events.at(-1)).toMatchObject({ type: 'finish', model: 'other-model' });
  });

  test('a request for a model that is not there is told which are', async () => {
    const model = await startModel();
    model.knowsItsModels = true;
    const backend = make(model);
    await expect(collect(backend, { ...question, model: 'gone' })).rejects.toMatchObject({
      code: 'bad_request',
      retryable: false,
      message: expect.stringContaining('has no model gone. It has fake-model, other-model.') as string,
    });
    expect((await collect(backend)).at(-1)).toMatchObject({ type: 'finish' });
  });

  test("the configuration's own model that is not there is the operator's to mend", async () => {
    const model = await startModel();
    model.knowsItsModels = true;
    const backend = make(model);
    model.models.splice(0, 1);
    await expect(collect(backend)).rejects.toMatchObject({ code: 'backend_failed', retryable: false });
  });
});

test('what a model at Ollama takes and whether it is in memory is told', async () => {
  const model = await startModel();
  model.context = { tokens: 2_048 };
  const backend = ollama(model);
  expect(backend.contextTokens(undefined)).toBeUndefined();
  await collect(backend);
  expect(backend.contextTokens(undefined)).toBe(2_048);
  expect(await backend.models(options)).toEqual([
    { name: 'fake-model', sizeBytes: 1_000, loaded: true, contextTokens: 2_048 },
    { name: 'other-model', sizeBytes: 1_000, loaded: false },
  ]);
});

test('what a model at Ollama can is asked once, and again after it was downloaded', async () => {
  const model = await startModel();
  const backend = ollama(model);
  expect(backend.takesTools(undefined)).toBeUndefined();
  await backend.meetModel(options.signal);
  expect(backend.takesTools(undefined)).toBe(true);
  model.ollama.capabilities = ['completion'];
  await collect(backend);
  expect(backend.takesTools(undefined)).toBe(true);
  await backend.pull('fake-model', { ...options, onProgress: ({ status }) => expect(status).toBeTruthy() });
  expect(backend.takesTools(undefined)).toBeUndefined();
  await collect(backend);
  expect(backend.takesTools(undefined)).toBe(false);
});

test('what the configuration says that a model takes goes with its load and with every chat', async () => {
  const model = await startModel();
  const backend = ollama(model, 4_096);
  expect(backend.contextTokens(undefined)).toBe(4_096);
  await collect(backend);
  expect(model.ollama.loads).toMatchObject([{ options: { num_ctx: 4_096 } }]);
  expect(model.requests[0]?.body).toMatchObject({
    options: { num_ctx: 4_096 },
    truncate: false,
    shift: false,
  });
});

test('a model at Ollama is loaded and unloaded; one that is not there is told with those that are', async () => {
  const model = await startModel();
  const backend = ollama(model);
  await backend.load('other-model', options);
  expect([...model.ollama.loaded]).toEqual(['other-model']);
  await backend.unload('other-model', options);
  expect([...model.ollama.loaded]).toEqual([]);
  for (const attempt of [backend.load('gone', options), backend.unload('gone', options)]) {
    await expect(attempt).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('It has fake-model, other-model.') as string,
    });
  }
});

test('a model that was unloaded is loaded again for the next who asks', async () => {
  const model = await startModel();
  const backend = ollama(model);
  await collect(backend);
  await backend.unload('fake-model', options);
  await collect(backend);
  expect(model.ollama.loads.map(({ keep_alive: keepAlive }) => keepAlive)).toEqual(['30m', 0, '30m']);
});

async function pulled(backend: OllamaBackend, signal = options.signal): Promise<PullProgress[]> {
  const steps: PullProgress[] = [];
  await backend.pull('new-model', { signal, onProgress: (step) => steps.push(step) });
  return steps;
}

test('a model is got step by step, and there in the end', async () => {
  const model = await startModel();
  const backend = ollama(model);
  expect(await pulled(backend)).toEqual([
    { status: 'pulling manifest' },
    { status: 'pulling 0123456789ab', totalBytes: 1_000, completedBytes: 400 },
    { status: 'pulling 0123456789ab', totalBytes: 1_000, completedBytes: 1_000 },
    { status: 'success' },
  ]);
  expect((await backend.models(options)).map(({ name }) => name)).toContain('new-model');
});

test('one that cannot be got is told in the words of Ollama', async () => {
  const model = await startModel();
  model.ollama.pullSteps = [{ status: 'pulling manifest' }, { error: 'file does not exist' }];
  await expect(pulled(ollama(model))).rejects.toMatchObject({
    code: 'backend_failed',
    message: expect.stringMatching(/could not pull new-model$/) as string,
    said: 'file does not exist',
  });
});

/** `begun`: at the first step. */
function pull(
  backend: OllamaBackend,
  signal = options.signal,
): { begun: Promise<PullProgress>; pulling: Promise<void> } {
  let begin: (step: PullProgress) => void = () => undefined;
  const begun = new Promise<PullProgress>((resolve) => (begin = resolve));
  const pulling = backend.pull('new-model', { signal, onProgress: (step) => begin(step) });
  pulling.catch(() => undefined);
  return { begun, pulling };
}

test('an abort stops the download', async () => {
  const model = await startModel();
  model.ollama.isPullHeld = true;
  const abort = new AbortController();
  const { begun, pulling } = pull(ollama(model), abort.signal);
  await begun;
  abort.abort();
  await expect(pulling).rejects.toThrow();
  await expect(model.ollama.pulls[0]?.closed).resolves.toBe('client');
});

test('a download that breaks off is no success', async () => {
  const model = await startModel();
  model.ollama.isPullHeld = true;
  const { begun, pulling } = pull(ollama(model));
  await begun;
  await model.close();
  await expect(pulling).rejects.toMatchObject({ code: 'backend_failed', retryable: true });
});
