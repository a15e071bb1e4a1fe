/** With the real Ollama the models are there to be managed: listed, loaded, unloaded, downloaded; one that is not there is told with those that are. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { locateParts } from './parts/locate-parts.ts';
import { startModelRegistry } from './parts/model-registry.ts';
import { completeOf } from './parts/reply-frames.ts';
import { startServerOnOllama } from './parts/server-on-ollama.ts';

const { model } = locateParts();
const patience = { timeout: 300_000 };
const prompt = 'You are Ada.';

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('models are listed, loaded and unloaded', patience, async () => {
  const { http } = await startServerOnOllama({ prompt, env: { OLLAMA_NUM_CTX: '1024' } });
  const listed = async (): Promise<unknown> => JSON.parse((await http('GET', '/api/models')).text) as unknown;
  const whole = { name: model, size_bytes: expect.any(Number) as number };
  expect(await listed()).toEqual({ backend: 'ollama', model, models: [{ ...whole, loaded: false }] });
  expect((await http('POST', '/api/models/load', { model })).status).toBe(200);
  expect(await listed()).toMatchObject({ models: [{ ...whole, loaded: true, context_tokens: 1_024 }] });
  expect((await http('POST', '/api/models/unload', { model })).status).toBe(200);
  await expect.poll(listed, { timeout: 60_000 }).toMatchObject({ models: [{ ...whole, loaded: false }] });
});

test(
  'a model that is not there is told with those that are, and the others still answer',
  patience,
  async () => {
    const { connect, http } = await startServerOnOllama({ prompt });
    const gone = await http('POST', '/api/models/load', { model: 'gone' });
    expect([gone.status, gone.text]).toEqual([400, expect.stringContaining(`It has ${model}.`)]);
    const client = await connect();
    const messages = [{ role: 'user', content: 'Hello' }];
    client.send({ type: 'chat', id: '1', messages, params: { model: 'gone' } });
    expect(await client.untilEnd()).toMatchObject([
      { type: 'error', code: 'bad_request', message: expect.stringContaining(`It has ${model}.`) as string },
    ]);
    client.send({ type: 'chat', id: '2', messages, params: { model, max_tokens: 5 } });
    expect(completeOf(await client.untilEnd())).toMatchObject({ model });
    client.close();
  },
);

test('a model is downloaded with progress by who may, is listed, and answers', patience, async () => {
  const { ollama } = locateParts();
  const registry = await startModelRegistry(ollama.modelsFolder);
  onTestFinished(() => registry.close());
  const modelsFolder = await mkdtemp(join(tmpdir(), 'ws-llm-models-'));
  onTestFinished(() => rm(modelsFolder, { recursive: true, force: true }));
  const ollamaEnv = { SSL_CERT_FILE: registry.certificate };
  const { connect, http } = await startServerOnOllama({ prompt, modelsFolder, ollamaEnv });
  const name = `${registry.host}/library/${model}`;
  const guest = await http('POST', '/api/models/pull', { model: name }, { origin: 'null' });
  expect(guest.status).toBe(403);

  const { status, text } = await http('POST', '/api/models/pull', { model: name });
  const lines = linesOf(text);
  expect(status).toBe(200);
  expect(lines.at(-1)).toEqual({ done: true });
  const steps = lines.filter(({ total_bytes: total }) => Number(total) > 90_000_000);
  expect(steps.at(-1)?.['completed_bytes']).toBe(steps.at(-1)?.['total_bytes']);
  console.log(`a download in ${lines.length} lines, of which ${steps.length} count the model's bytes`);

  const listed: unknown = JSON.parse((await http('GET', '/api/models')).text);
  expect(listed).toMatchObject({ models: [{ name, loaded: false }] });
  const client = await connect();
  const messages = [{ role: 'user', content: 'Hello' }];
  client.send({ type: 'chat', id: '1', messages, params: { model: name, max_tokens: 5 } });
  expect(completeOf(await client.untilEnd())).toMatchObject({ model: name });
  client.close();
});

test('the small model takes no tools: its clients are told before they offer any', patience, async () => {
  const { connect } = await startServerOnOllama({ prompt });
  const client = await connect();
  const [ready] = client.frames;
  expect(ready?.['features']).toContain('params');
  expect(ready?.['features']).not.toContain('tools');
  const tools = [{ type: 'function', function: { name: 'end_call', parameters: { type: 'object' } } }];
  client.send({ type: 'chat', id: '1', messages: [{ role: 'user', content: 'Bye' }], tools });
  expect(await client.untilEnd()).toMatchObject([
    {
      type: 'error',
      code: 'bad_request',
      message: expect.stringContaining('does not support tools') as string,
    },
  ]);
  client.close();
});

test('a download that cannot be had says so in the words of Ollama, in its last line', patience, async () => {
  const { http } = await startServerOnOllama({ prompt });
  // A registry that nobody runs.
  const { status, text } = await http('POST', '/api/models/pull', { model: '127.0.0.1:9/nobody/nothing' });
  expect([status, linesOf(text)]).toEqual([
    200,
    [
      { status: 'pulling manifest' },
      { error: { code: 'backend_failed', message: expect.stringContaining('could not pull') as string } },
    ],
  ]);
});
