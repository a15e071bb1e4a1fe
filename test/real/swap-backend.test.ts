/** The model behind the persona is swapped in the server's environment and nowhere else; a client cannot tell but by `ready`. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { noBackend } from './parts/backend-environment.ts';
import { locateParts } from './parts/locate-parts.ts';
import { startOllama, type RunningOllama } from './parts/ollama.ts';
import { startOurServer } from './parts/our-server.ts';

const parts = locateParts();
let ollama: RunningOllama;

beforeAll(async () => {
  ollama = await startOllama(parts.ollama);
});
afterAll(() => ollama?.stop());

test.each([
  ['Ollama, found by itself', 'ollama', () => ({ OLLAMA_HOST: ollama.url })],
  [
    'an OpenAI-compatible server (Ollama speaks that too)',
    'openai',
    () => ({ LLM_BACKEND: 'openai', OPENAI_BASE_URL: `${ollama.url}/v1` }),
  ],
])('the persona answers with %s', async (_, backend, environment) => {
  const server = await startOurServer({ ...noBackend, ...environment() });
  onTestFinished(() => server.stop());
  const client = await server.connect();
  expect(client.frames).toMatchObject([
    { type: 'ready', backend, model: parts.model, persona: { name: 'healthcare-assistant' } },
  ]);
  client.send({
    type: 'chat',
    id: '1',
    messages: [{ role: 'user', content: 'How can I sleep better?' }],
    params: { max_tokens: 40 },
  });
  const frames = await client.untilEnd();
  expect(frames.filter(({ type }) => type === 'delta').length).toBeGreaterThan(5);
  expect(frames.at(-1)).toMatchObject({
    type: 'complete',
    backend,
    model: parts.model,
    usage: { completion_tokens: expect.any(Number) },
  });
  expect(frames.at(-1)?.['usage']).not.toHaveProperty('estimated');
  client.close();
});
