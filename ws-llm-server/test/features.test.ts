/** What `ready` lists is served, and what it does not list is refused in words: nothing is left out of a request in silence. */
import type { Feature } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import { DemoBackend } from '../src/backends/demo-backend.ts';
import { OpenAIBackend } from '../src/backends/openai-backend.ts';
import { startTestServer, testPersona, user } from './test-server.ts';

const tools = [{ type: 'function', function: { name: 'weather' } }];

/** By feature: a request that needs it. */
const needing: Record<Feature, object> = {
  standalone: { mirror: { keep: 0 } },
  tools: { tools },
  params: { params: { temperature: 0 } },
  instructions: { instructions: 'Be brief.' },
  deadlines: { deadlines: { total_ms: 5_000 } },
  threads: { thread: 'notes' },
  mirrors: { mirror: { key: 'call', keep: 0 } },
  heard: { heard: { id: '0', content: '' } },
  warm: { type: 'warm' },
  personas: { persona: 'tester' },
  speech: { output: 'speech' },
  annotations: { annotate: ['emotion'] },
};

test.each([
  ['an agent', {}],
  ['a guest', { headers: { origin: 'null' } }],
])('%s is served what its ready lists, and refused what it does not [P-157]', async (_, options) => {
  const { v1 } = await startTestServer({ backend: () => new DemoBackend({ slowness: 0 }) });
  const client = await v1(options);
  const listed = client.frames[0]?.['features'];
  const served: string[] = [];
  for (const [feature, body] of Object.entries(needing)) {
    client.send({ type: 'chat', id: feature, messages: [user('hi')], ...body });
    let end = await client.next();
    while (!['complete', 'warmed', 'error'].includes(end.type)) end = await client.next();
    if (end.type === 'error') expect(end).toMatchObject({ id: feature, code: 'unauthorized' });
    else served.push(feature);
  }
  expect(served).toEqual(listed);
});

test.each([
  ['that names no tool', { tools, tool_choice: { type: 'function', function: { name: 'rain' } } }],
  ['that demands a call where there is none', { tool_choice: 'required' }],
  [
    'that names a tool where there is none',
    { tool_choice: { type: 'function', function: { name: 'rain' } } },
  ],
  ['that its model cannot be held to, any tool', { tools, tool_choice: 'required' }],
  [
    'that its model cannot be held to, a named tool',
    { tools, tool_choice: { type: 'function', function: { name: 'weather' } } },
  ],
])('a choice of tools %s is bad_request, and the model is not asked [P-156]', async (_, body) => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('rain?')], ...body });
  expect(await client.next()).toMatchObject({
    type: 'error',
    id: '1',
    code: 'bad_request',
    message: expect.stringContaining('tool_choice'),
  });
  expect(model.requests).toEqual([]);
});

test('a choice of tools that the model can be held to reaches it, one of the persona included [P-156]', async () => {
  const { v1, model } = await startTestServer({
    backend: ({ openAIBaseUrl }) =>
      new OpenAIBackend({ apiKey: '', baseUrl: openAIBaseUrl, model: 'fake-model' }),
    persona: { ...testPersona, tools: [{ name: 'note', description: 'Notes.', parameters: {} }] },
  });
  const client = await v1();
  for (const [index, name] of ['weather', 'note'].entries()) {
    const choice = { type: 'function', function: { name } };
    client.send({ type: 'chat', id: name, messages: [user('rain?')], tools, tool_choice: choice });
    expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: name });
    expect(model.requests[index]?.body).toMatchObject({ tool_choice: choice });
  }
});
