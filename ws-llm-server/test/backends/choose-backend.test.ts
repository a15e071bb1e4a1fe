/** Which model answers follows from the configuration, and the first screen can say why. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import type { Backend } from '../../src/backend.ts';
import type { BackendChoice } from '../../src/backends/backend-choice.ts';
import { type BackendConfig, chooseBackend } from '../../src/backends/choose-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { failureText } from '../../src/failure-text.ts';
import { collect } from './collect.ts';

const nobody = 'http://127.0.0.1:9';
const nothing: BackendConfig = {
  backends: [],
  model: undefined,
  failoverAfterMs: 5_000,
  openAIKey: undefined,
  openAIBaseUrl: undefined,
  ollamaHost: nobody,
  ollamaKeepAlive: '30m',
  ollamaNumCtx: undefined,
};
const ollamaChoice: BackendChoice = { kind: 'ollama', model: undefined };

async function startModel(): Promise<FakeModel> {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  return model;
}

test('with nothing configured and no Ollama it is the demo', async () => {
  const { backend, why } = await chooseBackend(nothing);
  expect([backend.name, why]).toEqual(['demo', expect.stringContaining(`no Ollama answers at ${nobody}`)]);
});

test('an Ollama that has a model is found, and its first model chosen', async () => {
  const model = await startModel();
  const { backend, why } = await chooseBackend({ ...nothing, ollamaHost: model.ollamaHost });
  expect([backend.name, backend.model]).toEqual(['ollama', 'fake-model']);
  expect(why).toContain('Ollama answers');
});

test('an Ollama without models is passed over, and the reason says how to get one', async () => {
  const model = await startModel();
  model.models.length = 0;
  const { backend, why } = await chooseBackend({ ...nothing, ollamaHost: model.ollamaHost });
  expect([backend.name, why]).toEqual(['demo', expect.stringContaining('ollama pull')]);
});

test('an OpenAI address comes before a local Ollama, and its first model is chosen', async () => {
  const model = await startModel();
  const { backend, why } = await chooseBackend({
    ...nothing,
    ollamaHost: model.ollamaHost,
    openAIBaseUrl: model.openAIBaseUrl,
  });
  expect([backend.name, backend.model, why]).toEqual(['openai', 'fake-model', 'OPENAI_BASE_URL is set']);
});

test("an OpenAI key alone means OpenAI's own server and a model that chats", async () => {
  const { backend, why } = await chooseBackend({ ...nothing, openAIKey: 'sk-x' });
  expect([backend.name, backend.model, why]).toEqual(['openai', 'gpt-4o-mini', 'OPENAI_API_KEY is set']);
});

test('LLM_BACKEND decides against everything else, and a backend that is away is no reason to fail', async () => {
  const { backend, why } = await chooseBackend({ ...nothing, backends: [ollamaChoice], openAIKey: 'sk-x' });
  expect([backend.name, backend.model, why]).toEqual(['ollama', undefined, 'LLM_BACKEND says so']);
});

test('several are one, in their order, each with its own model', async () => {
  const model = await startModel();
  const { backend } = await chooseBackend({
    ...nothing,
    backends: [
      { kind: 'ollama', model: 'other-model' },
      { kind: 'openai', model: undefined },
    ],
    ollamaHost: model.ollamaHost,
    openAIBaseUrl: model.openAIBaseUrl,
  });
  expect([backend.name, backend.model]).toEqual(['ollama,openai', 'other-model']);
  expect(await backend.models?.(new AbortController())).toMatchObject([
    { name: 'fake-model', backend: 'ollama' },
    { name: 'other-model', backend: 'ollama' },
    { name: 'fake-model', backend: 'openai' },
    { name: 'other-model', backend: 'openai' },
  ]);
});

test('whatever is chosen keeps its conversations within what its model takes', async () => {
  const model = await startModel();
  model.context = { tokens: 400 };
  const { backend } = await chooseBackend({
    ...nothing,
    backends: [ollamaChoice],
    ollamaHost: model.ollamaHost,
  });
  const turns = Array.from({ length: 40 }, (_, turn) => ({
    role: turn % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: `turn ${turn} ${'word '.repeat(20)}`,
  }));
  const events = await collect(backend, { messages: turns.slice(0, 39), params: {} });
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['context', 'text']);
});

test('whatever is chosen goes without the tools of a persona where its model takes none', async () => {
  const model = await startModel();
  const message = 'fake-model does not support tools';
  model.script.push({ tokens: [], failure: { type: 'status', status: 400, message } });
  const { backend } = await chooseBackend({ ...nothing, openAIBaseUrl: model.openAIBaseUrl });
  const events = await collect(backend, {
    messages: [{ role: 'user', content: 'hi' }],
    params: {},
    tools: [{ name: 'note', isOptional: true }],
  });
  expect(events.at(-1)).toMatchObject({ type: 'finish' });
  expect(model.requests.map(({ body }) => 'tools' in body)).toEqual([true, false]);
});

test('whatever is chosen reads the same prefix once, however many ask for it', async () => {
  const model = await startModel();
  const { backend } = await chooseBackend({ ...nothing, openAIBaseUrl: model.openAIBaseUrl });
  const prefix = { messages: [{ role: 'user' as const, content: 'hi' }], params: {} };
  await Promise.all([1, 2].map(async () => backend.warm?.(prefix, new AbortController())));
  expect(model.requests).toHaveLength(1);
});

test.each<[string, Partial<BackendConfig>, RegExp]>([
  ['Ollama', { backends: [ollamaChoice] }, /Ollama at .* cannot be reached/],
  [
    'a server that speaks as OpenAI does',
    { openAIBaseUrl: `${nobody}/v1` },
    /model server at .* cannot be reached/,
  ],
  [
    'a server whose model was chosen',
    { openAIBaseUrl: `${nobody}/v1`, model: 'some-model' },
    /model server at .* cannot be reached/,
  ],
])('%s that was asked for and does not answer is told at the start', async (_, config, words) => {
  const told = new Promise((resolve) => {
    void chooseBackend({ ...nothing, ...config }, { onAway: ({ name }, error) => resolve({ name, error }) });
  });
  const name = config.backends === undefined ? 'openai' : 'ollama';
  expect(await told).toMatchObject({ name, error: { message: expect.stringMatching(words) } });
});

/** A server that takes requests and answers none. */
async function startSilent(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('where the model was chosen nobody waits for its server', async () => {
  const config = { ...nothing, openAIBaseUrl: `${await startSilent()}/v1`, model: 'some-model' };
  let away = 0;
  await chooseBackend(config, { onAway: () => (away += 1) });
  expect(away).toBe(0);
});

test('a server that never answers holds no start up for long', async () => {
  const silent = await startSilent();
  const away: string[] = [];
  const onAway = ({ name }: Backend): void => void away.push(name);
  const [asked, ollama, found] = await Promise.all([
    chooseBackend({ ...nothing, openAIBaseUrl: `${silent}/v1` }, { onAway }),
    chooseBackend({ ...nothing, ollamaHost: silent, backends: [ollamaChoice] }, { onAway }),
    chooseBackend({ ...nothing, ollamaHost: silent }, { onAway }),
  ]);
  expect([asked, ollama, found].map(({ backend }) => backend.name)).toEqual(['openai', 'ollama', 'demo']);
  expect(away.toSorted()).toEqual(['ollama', 'openai']);
});

test('a key that is refused is told at the start, though the model was chosen', async () => {
  const server = createServer((_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'Incorrect API key provided' } }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const openAIBaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const told = new Promise((resolve) => {
    const config = { ...nothing, openAIKey: 'sk-x', openAIBaseUrl, model: 'some-model' };
    void chooseBackend(config, { onAway: (_name, error) => resolve(error) });
  });
  expect(failureText(await told)).toMatch(/401 \(is OPENAI_API_KEY right\?\): Incorrect API key provided$/);
});

test('a model that its server does not list is told at the start, with those that it does', async () => {
  const { openAIBaseUrl } = await startModel();
  const told = new Promise((resolve) => {
    const config = { ...nothing, openAIBaseUrl, model: 'gone' };
    void chooseBackend(config, { onAway: (_name, error) => resolve(error) });
  });
  expect(await told).toMatchObject({
    message: expect.stringMatching(/has no model gone\. It has fake-model, other-model\..*LLM_MODEL/),
  });
});

test('a model that its server lists, by its name or as the latest of it, is nothing to tell', async () => {
  const model = await startModel();
  model.models.push('tagged:latest');
  for (const name of ['other-model', 'tagged']) {
    const backend = new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: name });
    await expect(backend.meetModel(new AbortController().signal)).resolves.toBeUndefined();
  }
});

test('a server that lists nothing may have the model all the same', async () => {
  const model = await startModel();
  model.models.length = 0;
  const backend = new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'some-model' });
  await expect(backend.meetModel(new AbortController().signal)).resolves.toBeUndefined();
});
