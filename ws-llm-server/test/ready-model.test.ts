/** What clients are told of the model is what is known of it: its name, whether it takes tools, and who answered in the end. */
import { expect, test } from 'vitest';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { FailoverBackend } from '../src/backends/failover-backend.ts';
import { OllamaBackend } from '../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../src/backends/openai-backend.ts';
import { withOptionalTools } from '../src/backends/optional-tools.ts';
import { startTestServer, testPersona, type TestServer, user } from './test-server.ts';

const tools = [{ type: 'function', function: { name: 'end_call', parameters: { type: 'object' } } }];
const offersTools = ({ features }: Record<string, unknown>): boolean =>
  (features as string[]).includes('tools');

async function open(url: string): Promise<TestSocket> {
  return TestSocket.open(url, ['ws-llm.v1']);
}

function startOpenAI(): Promise<TestServer> {
  return startTestServer({
    backend: ({ openAIBaseUrl }) =>
      withOptionalTools(new OpenAIBackend({ apiKey: '', baseUrl: openAIBaseUrl, model: 'fake-model' })),
  });
}

test.each([
  ['offered to a model that takes them', ['completion', 'tools'], true],
  ['not offered to one that takes none', ['completion'], false],
  ['offered to one of which nothing is known', undefined, true],
])('with Ollama tools are %s, from the first ready on [P-158]', async (_, capabilities, isOffered) => {
  let backend: OllamaBackend | undefined;
  const { url, model } = await startTestServer({
    backend: ({ ollamaHost }) => (backend = new OllamaBackend({ host: ollamaHost, model: undefined })),
  });
  model.ollama.capabilities = capabilities;
  await backend?.meetModel(new AbortController().signal);
  const ready = await (await open(url)).next();
  expect([offersTools(ready), ready['model']]).toEqual([isOffered, 'fake-model']);
});

test('a model that is loaded later is known then, and everybody is told, once [P-159]', async () => {
  const { url, model } = await startTestServer();
  model.ollama.capabilities = ['completion'];
  const [asking, listening] = await Promise.all([open(url), open(url)]);
  for (const client of [asking, listening]) expect(offersTools(await client.next())).toBe(true);
  asking.send({ type: 'warm', id: '1', messages: [] });
  await asking.nextOf('warmed');
  for (const client of [asking, listening]) expect(offersTools(await client.nextOf('ready'))).toBe(false);
  asking.send({ type: 'chat', id: '2', messages: [user('a')] });
  await asking.untilEnd();
  listening.send({ type: 'ping' });
  await listening.nextOf('pong');
  for (const { frames } of [asking, listening]) {
    expect(frames.filter(({ type }) => type === 'ready')).toHaveLength(2);
  }
});

test('a server that refuses tools is believed, and everybody is told; who asked gets bad_request [P-159]', async () => {
  const { url, model } = await startOpenAI();
  const [asking, listening] = await Promise.all([open(url), open(url)]);
  for (const client of [asking, listening]) expect(offersTools(await client.next())).toBe(true);
  const message = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set';
  model.script.push({ tokens: [], failure: { type: 'status', status: 400, message } });
  asking.send({ type: 'chat', id: '1', messages: [user('a')], tools });
  expect(await asking.next()).toMatchObject({ type: 'error', id: '1', code: 'bad_request' });
  for (const client of [asking, listening]) expect(offersTools(await client.nextOf('ready'))).toBe(false);
  expect(offersTools(await (await open(url)).next())).toBe(false);
});

test('what a plain client finds out is told to v1 clients too [P-159]', async () => {
  const { url, model, plain } = await startTestServer();
  const listening = await open(url);
  expect(offersTools(await listening.next())).toBe(true);
  model.ollama.capabilities = ['completion'];
  const client = await plain();
  client.send({ type: 'chat', messages: [user('a')] });
  await client.untilEnd();
  expect(offersTools(await listening.nextOf('ready'))).toBe(false);
});

test('a request that is refused for anything else takes nothing away [P-158]', async () => {
  const { url, model } = await startOpenAI();
  const message = "Invalid schema for tools[0].function: 'required' is required";
  model.script.push({ tokens: [], failure: { type: 'status', status: 400, message } });
  const client = await open(url);
  await client.next();
  client.send({ type: 'chat', id: '1', messages: [user('a')], tools });
  await client.nextOf('error');
  client.send({ type: 'ping' });
  expect(await client.next()).toEqual({ type: 'pong' });
});

test("a persona's own model is the one that is told", async () => {
  const { url } = await startTestServer({ persona: { ...testPersona, model: 'other-model' } });
  expect(await (await open(url)).next()).toMatchObject({ model: 'other-model' });
});

test.each([
  ['before it has said anything', []],
  ['in the middle', ['a']],
])('a reply that is cancelled after a failover %s names who was answering', async (_, tokens) => {
  const { v1, model } = await startTestServer({
    backend: ({ openAIBaseUrl }) =>
      new FailoverBackend({
        backends: [
          new OllamaBackend({ host: 'http://127.0.0.1:9', model: 'away' }),
          new OpenAIBackend({ apiKey: '', baseUrl: openAIBaseUrl, model: 'other-model' }),
        ],
        afterMs: 60_000,
      }),
  });
  model.script.push({ tokens, failure: { type: 'silent', after: tokens.length } });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  if (tokens.length === 0) await model.request(0);
  else await client.nextOf('delta');
  client.send({ type: 'cancel', id: '1' });
  expect(await client.nextOf('complete')).toMatchObject({
    finish_reason: 'cancelled',
    backend: 'openai',
    model: 'other-model',
  });
});
