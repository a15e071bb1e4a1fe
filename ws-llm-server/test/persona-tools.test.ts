/** A persona uses its own tools in the middle of a reply: the client sees their frames, the model their results, nobody a gap. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type Backend, BackendError } from '../src/backend.ts';
import type { PersonaTool } from '../src/personas/persona.ts';
import { startTestServer, testPersona, type TestServer, user } from './test-server.ts';

const note: PersonaTool = {
  name: 'note',
  description: 'Notes what somebody feels.',
  parameters: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] },
  frame: 'noted',
};

function withTools(...tools: PersonaTool[]): { persona: typeof testPersona } {
  return { persona: { ...testPersona, tools } };
}

function call(name: string, args: object, id = 'c1'): { id: string; name: string; arguments: string } {
  return { id, name, arguments: JSON.stringify(args) };
}

/** The model says something, calls, and goes on when it has the result. */
function callThenAnswer(model: TestServer['model'], calls = [call('note', { what: 'a headache' })]): void {
  model.script.push({ tokens: ['I note that.'], toolCalls: calls }, { tokens: ['Since', ' when?'] });
}

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};

test('a v1 client gets the frame with the id of its reply, one text, and one end [P-148] [P-150]', async () => {
  const { v1, model } = await startTestServer(withTools(note));
  callThenAnswer(model);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('my head hurts')] });
  const frames = await client.untilEnd();
  expect(frames.map(({ type }) => type).filter((type) => type !== 'delta')).toEqual(['noted', 'complete']);
  expect(frames).toContainEqual({ type: 'noted', id: '1', what: 'a headache' });
  const said = frames.map(({ content }) => (typeof content === 'string' ? content : '')).join('');
  expect(said).toBe('I note that. Since when?');
  const { body } = await model.request(1);
  expect(body.messages.slice(-2)).toMatchObject([
    {
      role: 'assistant',
      content: 'I note that.',
      tool_calls: [{ function: { name: 'note', arguments: { what: 'a headache' } } }],
    },
    { role: 'tool', content: '{"ok":true}' },
  ]);
});

test('a plain client gets the frame without an id, and its complete holds all that was said [P-127] [P-154]', async () => {
  const { plain, model } = await startTestServer(withTools(note));
  callThenAnswer(model);
  const client = await plain();
  client.send({ type: 'chat', messages: [user('my head hurts')] });
  const frames = await client.untilEnd();
  expect(frames).toContainEqual({ type: 'noted', what: 'a headache' });
  expect(frames.at(-1)).toEqual({ type: 'complete', content: 'I note that. Since when?' });
});

test('usage is that of all requests that a reply took', async () => {
  const { v1, model } = await startTestServer(withTools(note));
  callThenAnswer(model);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  const { usage } = (await client.untilEnd()).at(-1) as unknown as { usage: { completion_tokens: number } };
  model.script.push({ tokens: ['Since', ' when?'] });
  client.send({ type: 'chat', id: '2', mirror: { keep: 0 }, messages: [user('a')] });
  const single = (await client.untilEnd()).at(-1) as unknown as typeof usage & { usage: typeof usage };
  expect(usage.completion_tokens).toBeGreaterThan(single.usage.completion_tokens);
});

test('a thread remembers what the tool was asked and answered [P-152]', async () => {
  const { v1, model } = await startTestServer(withTools(note));
  callThenAnswer(model);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  await client.untilEnd();
  const { body } = await model.request(2);
  expect(body.messages.slice(1)).toMatchObject([
    { role: 'user', content: 'a' },
    { role: 'assistant', content: '', tool_calls: [{ function: { name: 'note' } }] },
    { role: 'tool', content: '{"ok":true}' },
    { role: 'assistant', content: 'I note that. Since when?' },
    { role: 'user', content: 'b' },
  ]);
});

test('a mirror gets the exchange back with the reply that it came from, as long as it is one of the last 32 [P-151]', async () => {
  const { v1, model } = await startTestServer(withTools(note));
  callThenAnswer(model);
  const client = await v1();
  const first = { key: 'm', keep: 0 };
  client.send({ type: 'chat', id: '0', mirror: first, messages: [user('a')] });
  await client.untilEnd();
  let seen = 2;
  const ask = async (id: string): Promise<unknown[]> => {
    client.send({
      type: 'chat',
      id,
      mirror: first,
      messages: [user('a'), { role: 'assistant', content: 'I note', reply: '0' }, user('b')],
    });
    await client.nextOf('complete');
    const roles = model.requests[seen]?.body.messages.slice(1).map(({ role }) => role) ?? [];
    seen = model.requests.length;
    return roles;
  };
  expect(await ask('next')).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
  for (let id = 1; id <= 31; id += 1) {
    callThenAnswer(model);
    client.send({ type: 'chat', id: `${id}`, mirror: { keep: 0 }, messages: [user('x')] });
    await client.untilEnd();
  }
  seen = model.requests.length;
  expect(await ask('after 31')).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
  callThenAnswer(model);
  client.send({ type: 'chat', id: '32', mirror: { keep: 0 }, messages: [user('x')] });
  await client.untilEnd();
  seen = model.requests.length;
  expect(await ask('after 32')).toEqual(['user', 'assistant', 'user']);
});

test.each([
  ['throws', () => Promise.reject(new Error('the notebook is full')), 'the notebook is full'],
  ['gives what is no JSON', () => 1n, 'cannot be written as JSON'],
])('code that %s is told to the model, and the reply goes on', async (_, run, words) => {
  const { v1, model } = await startTestServer(withTools({ ...note, run }));
  callThenAnswer(model);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', finish_reason: 'stop' });
  expect((await model.request(1)).body.messages.at(-1)?.content).toContain(words);
});

test('arguments that do not fit are told to the model and to nobody else', async () => {
  const { v1, model } = await startTestServer(withTools(note));
  callThenAnswer(model, [call('note', { what: 7 })]);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  const frames = await client.untilEnd();
  expect(frames.map(({ type }) => type)).not.toContain('noted');
  expect((await model.request(1)).body.messages.at(-1)?.content).toContain('what');
});

test('a cancel while code runs ends the reply at once and aborts the code', async () => {
  let started: (() => void) | undefined;
  const running = new Promise<void>((resolve) => (started = resolve));
  let aborted: Promise<unknown> | undefined;
  const run: PersonaTool['run'] = (_, { signal }) => {
    aborted = once(signal, 'abort');
    started?.();
    return new Promise(() => undefined);
  };
  const { v1, model } = await startTestServer(withTools({ ...note, run }));
  callThenAnswer(model);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await running;
  client.send({ type: 'cancel', id: '1' });
  expect(await client.nextOf('complete')).toMatchObject({ finish_reason: 'cancelled' });
  await aborted;
  expect(model.requests.length).toBe(1);
});

test("the client's own tools stay the client's, beside those of the persona", async () => {
  const { v1, model } = await startTestServer(withTools(note));
  const calls = [call('note', { what: 'rain' }, 'c1'), call('weather', {}, 'c2')];
  model.script.push({ tokens: [], toolCalls: calls });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')], tools: [weather] });
  const frames = await client.untilEnd();
  expect(frames.map(({ type }) => type)).toEqual(['noted', 'tool_call', 'complete']);
  expect(frames.at(-1)).toMatchObject({ finish_reason: 'tool_calls' });
  const wireCall = frames[1]?.['call'] as { id: string; function: { name: string } };
  expect(wireCall.function.name).toBe('weather');
  client.send({
    type: 'chat',
    id: '2',
    tools: [weather],
    messages: [{ role: 'tool', tool_call_id: wireCall.id, content: 'dry' }],
  });
  await client.untilEnd();
  const { body } = await model.request(1);
  expect(body.messages.slice(1)).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ function: { name: 'note' } }] },
    { role: 'tool', content: '{"ok":true}' },
    { role: 'assistant', tool_calls: [{ function: { name: 'weather' } }] },
    { role: 'tool', content: 'dry' },
  ]);
});

test('a tool that is called the same as one of the persona is bad_request [P-135]', async () => {
  const { v1 } = await startTestServer(withTools(note));
  const client = await v1();
  const tools = [weather, { type: 'function', function: { name: 'note', parameters: {} } }];
  client.send({ type: 'chat', id: '1', messages: [user('a')], tools });
  expect(await client.next()).toMatchObject({
    type: 'error',
    code: 'bad_request',
    message: expect.stringContaining('tools[1].function.name'),
  });
});

test('a model that calls for ever is made to answer', async () => {
  const { v1, model } = await startTestServer(withTools(note));
  model.fallback = { tokens: [], toolCalls: [call('note', { what: 'again' })] };
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  expect(model.requests.length).toBeLessThan(10);
});

test("a persona's tool runs once although the model's stream breaks after its call", async () => {
  let [runs, asked] = [0, 0];
  const counted: PersonaTool = {
    name: 'count',
    description: 'Counts.',
    parameters: { type: 'object', properties: {} },
    run: () => void (runs += 1),
  };
  // As at Ollama, which hands a call on before the end of its stream.
  const breaking: Backend = {
    name: 'breaking',
    model: 'm',
    async reply(_, { onEvent }) {
      asked += 1;
      onEvent({ type: 'tool_call', call: call('count', {}) });
      await Promise.resolve();
      throw new BackendError('backend_failed', 'It broke off.', { retryable: true });
    },
  };
  const { v1 } = await startTestServer({ ...withTools(counted), backend: () => breaking });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'error', id: '1', code: 'backend_failed' });
  expect([runs, asked]).toEqual([1, 1]);
});

test('a model that calls without end runs a bounded number of tools', async () => {
  let runs = 0;
  const counted: PersonaTool = { ...note, run: () => void (runs += 1) };
  const { v1, model } = await startTestServer(withTools(counted));
  const many = Array.from({ length: 40 }, (_, index) => call('note', { what: 'a' }, `c${index}`));
  model.fallback = { tokens: ['a'], toolCalls: many };
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
  expect(runs).toBe(32);
});
