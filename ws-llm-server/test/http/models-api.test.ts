/** Over HTTP an agent lists the models, gets one and watches it come, loads and unloads; a guest does nothing of that. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/backend.ts';
import { FailoverBackend } from '../../src/backends/failover-backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { startTestServer } from '../test-server.ts';

interface Asked {
  request: ClientRequest;
  response: IncomingMessage;
}

async function ask(
  port: number,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Asked> {
  const asked = request({ host: '127.0.0.1', port, path: `/api/models${path}`, method, headers });
  asked.on('error', () => undefined);
  onTestFinished(() => void asked.destroy());
  asked.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return { request: asked, response };
}

async function answer(...asked: Parameters<typeof ask>): Promise<{ status: number; body: unknown }> {
  const { response } = await ask(...asked);
  return { status: response.statusCode ?? 0, body: JSON.parse(await text(response)) as unknown };
}

function linesOf({ response }: Asked): AsyncIterator<string> {
  return createInterface({ input: response })[Symbol.asyncIterator]();
}

async function allLines(asked: Asked): Promise<unknown[]> {
  return (await text(asked.response))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

test('the models are listed with what is known of them', async () => {
  const { port, model } = await startTestServer();
  model.context = { tokens: 2_048 };
  model.ollama.loaded.add('fake-model');
  expect(await answer(port, 'GET', '')).toEqual({
    status: 200,
    body: {
      backend: 'ollama',
      model: 'fake-model',
      models: [
        { name: 'fake-model', size_bytes: 1_000, context_tokens: 2_048, loaded: true },
        { name: 'other-model', size_bytes: 1_000, loaded: false },
      ],
    },
  });
});

test('of several backends each model says whose it is', async () => {
  const { port } = await startTestServer({
    backend: (model) =>
      new FailoverBackend({
        backends: [
          new OllamaBackend({ host: model.ollamaHost, model: 'fake-model' }),
          new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'other-model' }),
        ],
        afterMs: 1_000,
      }),
  });
  const { body } = await answer(port, 'GET', '');
  expect((body as { models: object[] }).models).toMatchObject([
    { name: 'fake-model', backend: 'ollama' },
    { name: 'other-model', backend: 'ollama' },
    { name: 'fake-model', backend: 'openai' },
    { name: 'other-model', backend: 'openai' },
  ]);
});

test('a model comes line by line, and a last line says that it is there', async () => {
  const { port, model } = await startTestServer();
  const asked = await ask(port, 'POST', '/pull', { body: { model: 'new-model' } });
  expect(asked.response.headers['content-type']).toBe('application/x-ndjson');
  expect(await allLines(asked)).toEqual([
    { status: 'pulling manifest' },
    { status: 'pulling 0123456789ab', completed_bytes: expect.any(Number), total_bytes: 1_000 },
    { status: 'success' },
    { done: true },
  ]);
  expect(model.models).toContain('new-model');
});

test('each line leaves when the progress is made, not when the model is there', async () => {
  const { port, model } = await startTestServer();
  model.ollama.isPullHeld = true;
  const lines = linesOf(await ask(port, 'POST', '/pull', { body: { model: 'new-model' } }));
  expect((await lines.next()).value).toContain('pulling manifest');
});

test('who leaves stops the download', async () => {
  const { port, model } = await startTestServer();
  model.ollama.isPullHeld = true;
  const asked = await ask(port, 'POST', '/pull', { body: { model: 'new-model' } });
  asked.request.destroy();
  await expect(model.ollama.pulls[0]?.closed).resolves.toBe('client');
});

test('a second one joins the download that runs, and goes on with it when the first leaves', async () => {
  const { port, model } = await startTestServer();
  model.ollama.isPullHeld = true;
  const body = { model: 'new-model' };
  const first = await ask(port, 'POST', '/pull', { body });
  const second = await ask(port, 'POST', '/pull', { body });
  expect(model.ollama.pulls).toHaveLength(1);
  first.request.destroy();
  await new Promise((resolve) => first.response.once('close', resolve));
  model.ollama.pulls[0]?.finish();
  expect((await allLines(second)).slice(-2)).toEqual([{ status: 'success' }, { done: true }]);
  // One that ran to its end is not joined.
  model.ollama.isPullHeld = false;
  await allLines(await ask(port, 'POST', '/pull', { body }));
  expect(model.ollama.pulls).toHaveLength(2);
});

test('a download that fails on its way says so in its last line', async () => {
  const { port, model } = await startTestServer();
  model.ollama.pullSteps = [{ status: 'pulling manifest' }, { error: 'no such host' }];
  const asked = await ask(port, 'POST', '/pull', { body: { model: 'new-model' } });
  expect(await allLines(asked)).toEqual([
    { status: 'pulling manifest' },
    { error: { code: 'backend_failed', message: expect.stringContaining('no such host') as string } },
  ]);
});

test('one that cannot begin has a status', async () => {
  const { port, model } = await startTestServer();
  model.stopListening();
  expect(await answer(port, 'POST', '/pull', { body: { model: 'new-model' } })).toMatchObject({
    status: 503,
    body: { error: { code: 'backend_unavailable' } },
  });
});

test('a server that stops ends the download', async () => {
  const { port, model, stop } = await startTestServer();
  model.ollama.isPullHeld = true;
  await ask(port, 'POST', '/pull', { body: { model: 'new-model' } });
  await stop(0);
  await expect(model.ollama.pulls[0]?.closed).resolves.toBe('client');
});

test('a model is loaded and unloaded', async () => {
  const { port, model } = await startTestServer();
  const body = { model: 'other-model' };
  expect(await answer(port, 'POST', '/load', { body })).toEqual({
    status: 200,
    body: { model: 'other-model', loaded: true },
  });
  expect([...model.ollama.loaded]).toEqual(['other-model']);
  expect(await answer(port, 'POST', '/unload', { body })).toMatchObject({ body: { loaded: false } });
  expect([...model.ollama.loaded]).toEqual([]);
});

test('a model that is not there is told with those that are', async () => {
  const { port } = await startTestServer();
  expect(await answer(port, 'POST', '/load', { body: { model: 'gone' } })).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: expect.stringContaining('It has fake-model') as string } },
  });
});

test.each([
  ['a guest', { headers: { origin: 'null' } }, 403, 'unauthorized'],
  ['who sends too much', { body: { model: 'x'.repeat(5_000) } }, 413, 'too_large'],
  ['who names no model', { body: {} }, 400, 'bad_request'],
  ['who sends no JSON', { body: 'llama3.2' }, 400, 'bad_request'],
])('%s is refused in words', async (_, options, status, code) => {
  const { port, model } = await startTestServer();
  for (const path of ['/pull', '/load', '/unload']) {
    expect(await answer(port, 'POST', path, { body: { model: 'm' }, ...options })).toMatchObject({
      status,
      body: { error: { code, message: expect.any(String) as string } },
    });
  }
  expect([model.ollama.pulls, model.ollama.loads]).toEqual([[], []]);
});

test('a guest is told of no models', async () => {
  const { port } = await startTestServer();
  expect(await answer(port, 'GET', '', { headers: { origin: 'null' } })).toMatchObject({ status: 403 });
});

/** Can do nothing but answer. */
const talker: Backend = {
  name: 'talker',
  model: undefined,
  async reply(_, { onEvent }) {
    onEvent({ type: 'finish', reason: 'stop' });
  },
};

test('what a backend cannot do is told', async () => {
  const { port } = await startTestServer({ backend: () => talker });
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/pull'],
    ['POST', '/load'],
    ['POST', '/unload'],
  ] as const) {
    const body = method === 'POST' ? { body: { model: 'm' } } : {};
    expect(await answer(port, method, path, body)).toMatchObject({
      status: 501,
      body: { error: { message: expect.stringMatching(/^talker cannot/) as string } },
    });
  }
});
