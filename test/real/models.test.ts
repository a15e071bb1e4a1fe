/** With the real Ollama the models are there to be managed: listed, loaded, unloaded, downloaded; one that is not there is told with those that are. */
import { expect, test } from 'vitest';
import { locateParts } from './parts/locate-parts.ts';
import { completeOf } from './parts/reply-frames.ts';
import { startServerOnOllama } from './parts/server-on-ollama.ts';

const { model } = locateParts();
const patience = { timeout: 300_000 };
const prompt = 'You are Ada.';

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

test('a download that cannot be had says so in the words of Ollama, in its last line', patience, async () => {
  const { http } = await startServerOnOllama({ prompt });
  // A registry that nobody runs.
  const { status, text } = await http('POST', '/api/models/pull', { model: '127.0.0.1:9/nobody/nothing' });
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect([status, lines]).toEqual([
    200,
    [
      { status: 'pulling manifest' },
      { error: { code: 'backend_failed', message: expect.stringContaining('could not pull') as string } },
    ],
  ]);
});
