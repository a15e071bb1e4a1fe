/** The model behind the persona is swapped in the server's environment and nowhere else; a client cannot tell but by `ready`. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { TestSocket } from '../stand-ins/test-socket.ts';
import { startProcess } from './parts/child-process.ts';
import { locateParts } from './parts/locate-parts.ts';
import { startOllama, type RunningOllama } from './parts/ollama.ts';

const parts = locateParts();
const root = fileURLToPath(new URL('../..', import.meta.url));
let ollama: RunningOllama;

beforeAll(async () => {
  ollama = await startOllama(parts.ollama);
});
afterAll(() => ollama.stop());

const untouched = {
  PORT: '0',
  LLM_BACKEND: undefined,
  LLM_MODEL: undefined,
  OPENAI_API_KEY: undefined,
  OPENAI_BASE_URL: undefined,
  OLLAMA_HOST: undefined,
};

test.each([
  ['Ollama, found by itself', 'ollama', () => ({ OLLAMA_HOST: ollama.url })],
  [
    'an OpenAI-compatible server (Ollama speaks that too)',
    'openai',
    () => ({ LLM_BACKEND: 'openai', OPENAI_BASE_URL: `${ollama.url}/v1` }),
  ],
])('the persona answers with %s', async (_, backend, environment) => {
  const server = await startProcess({
    name: 'ws-llm-server',
    command: process.execPath,
    args: ['ws-llm-server/dist/main.js'],
    cwd: root,
    env: { ...untouched, ...environment() },
  });
  onTestFinished(async () => void (await server.stop()));
  const line = await server.waitForLine(/socket +ws:/);
  const client = await TestSocket.open(line.replace(/^.*socket +/, ''), ['ws-llm.v1']);
  expect(await client.next()).toMatchObject({
    type: 'ready',
    backend,
    model: parts.model,
    persona: { name: 'healthcare-assistant' },
  });
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
