/** A server that refuses an option which the reply can do without still replies, at once and without being asked twice again. */
import { expect, onTestFinished, test } from 'vitest';
import type { BackendEvent, BackendParams, BackendRequest } from '../../src/backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect } from './collect.ts';
import { refusals, StrictServer } from './strict-server.ts';

async function start(...unknown: string[]): Promise<{ server: StrictServer; backend: OpenAIBackend }> {
  const server = await StrictServer.start();
  onTestFinished(() => server.close());
  for (const option of unknown) server.unknown.add(option);
  return { server, backend: new OpenAIBackend({ apiKey: '', baseUrl: server.baseUrl, model: 'm' }) };
}

function everything(params: BackendParams = {}): BackendRequest {
  return {
    messages: [{ role: 'user', content: 'hi' }],
    tools: [{ name: 'f' }],
    parallelToolCalls: false,
    params: { maxTokens: 5, reasoningEffort: 'low', ...params },
  };
}

function ask(backend: OpenAIBackend, request = everything()): Promise<BackendEvent[]> {
  return collect(backend, request);
}

const reply = [
  { type: 'text', text: 'ok' },
  { type: 'finish', reason: 'stop' },
];

test.each(
  Object.entries(refusals).flatMap(([how, refuse]) =>
    ['stream_options', 'parallel_tool_calls', 'reasoning_effort'].map(
      (option) => [how, option, refuse] as const,
    ),
  ),
)(
  '%s: without %s there is a reply, and the next one is had at the first asking',
  async (_, option, refuse) => {
    const { server, backend } = await start(option);
    server.refuse = refuse;
    expect(await ask(backend)).toEqual(reply);
    const [first, second] = server.bodies;
    const { [option]: refused, ...rest } = first ?? {};
    expect(refused).toBeDefined();
    expect(second).toEqual(rest);
    expect(await ask(backend)).toEqual(reply);
    expect(server.bodies).toHaveLength(3);
  },
);

test.each(Object.entries(refusals))('%s: the limit goes by its other name', async (_, refuse) => {
  const { server, backend } = await start('max_tokens');
  server.refuse = refuse;
  expect(await ask(backend)).toEqual(reply);
  expect(await ask(backend)).toEqual(reply);
  expect(server.bodies.map((body) => [body['max_tokens'], body['max_completion_tokens']])).toEqual([
    [5, undefined],
    [undefined, 5],
    [undefined, 5],
  ]);
});

test('a server that changes its mind about the limit gets the first name again', async () => {
  const { server, backend } = await start('max_tokens');
  await ask(backend);
  server.unknown.clear();
  server.unknown.add('max_completion_tokens');
  expect(await ask(backend)).toEqual(reply);
  expect(server.bodies.at(-1)).toMatchObject({ max_tokens: 5 });
});

test('a server that refuses everything, one after the other, still replies', async () => {
  const { server, backend } = await start(
    'stream_options',
    'parallel_tool_calls',
    'reasoning_effort',
    'max_tokens',
  );
  expect(await ask(backend)).toEqual(reply);
  expect(server.bodies).toHaveLength(5);
  expect(await ask(backend)).toEqual(reply);
  expect(server.bodies).toHaveLength(6);
});

test('an effort that is refused leaves the others alone', async () => {
  const { server, backend } = await start('reasoning_effort=none');
  await ask(backend, everything({ reasoningEffort: 'none' }));
  await ask(backend, everything({ reasoningEffort: 'low' }));
  await ask(backend, everything({ reasoningEffort: 'none' }));
  expect(server.bodies.map((body) => body['reasoning_effort'])).toEqual([
    'none',
    undefined,
    'low',
    undefined,
  ]);
});

test.each([
  ['is about nothing that can be spared', 400, { error: { message: 'model: not found' } }],
  ['is about the value of the limit', 400, { error: { message: 'max_tokens is too large: 5. At most 2.' } }],
  ['is no refusal of the request', 500, { error: { message: 'stream_options crashed me' } }],
])('what %s is told as it is, and nothing is learnt from it', async (_, status, body) => {
  const { server, backend } = await start('messages');
  server.refuse = () => ({ status, body });
  await expect(ask(backend)).rejects.toMatchObject({ said: body.error.message });
  expect(server.bodies).toHaveLength(1);
});

test('a limit that is refused by both names is told, not asked about for ever', async () => {
  const { server, backend } = await start('max_tokens', 'max_completion_tokens');
  await expect(ask(backend)).rejects.toMatchObject({
    code: 'bad_request',
    said: 'Unknown option max_completion_tokens',
  });
  expect(server.bodies).toHaveLength(2);
});

test('a refusal that names options only because it repeats the request teaches nothing', async () => {
  const { server, backend } = await start('messages');
  server.refuse = () => ({ status: 422, body: { detail: [{ msg: 'bad role', input: server.bodies[0] }] } });
  await expect(ask(backend)).rejects.toMatchObject({ code: 'bad_request' });
  server.unknown.clear();
  expect(await ask(backend)).toEqual(reply);
  expect(server.bodies.at(-1)).toMatchObject({ max_tokens: 5, reasoning_effort: 'low' });
});
