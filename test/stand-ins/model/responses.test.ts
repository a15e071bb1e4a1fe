/** OpenAI Responses as the fake model speaks it: the order of its events, going on from a response, and its WebSocket. */
import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { TestSocket } from '../test-socket.ts';
import type { Behaviour } from './behaviour.ts';
import { FakeModel } from './fake-model.ts';

async function startModel(...script: Behaviour[]): Promise<FakeModel> {
  const model = await FakeModel.start();
  model.script.push(...script);
  onTestFinished(() => model.close());
  return model;
}

function openSocket(model: FakeModel): Promise<TestSocket> {
  return TestSocket.open(`${model.openAIBaseUrl.replace('http', 'ws')}/responses?model=fake-model`);
}

function create(rest: object = {}): object {
  return { type: 'response.create', model: 'fake-model', input: [], ...rest };
}

/** The response that the next terminal event tells of, or the error. */
async function outcome(socket: TestSocket): Promise<{ type: string; id: unknown; error: unknown }> {
  for (;;) {
    const { type, response, error } = await socket.next();
    const isOver = ['error', 'response.completed', 'response.incomplete', 'response.failed'].includes(type);
    if (isOver) return { type, id: (response as { id?: unknown } | undefined)?.id, error };
  }
}

test('every item is opened, filled and closed, and the events are numbered', async () => {
  const call = { id: 'call_1', name: 'weather', arguments: '{}' };
  const model = await startModel({ reasoning: ['hm'], tokens: ['a', 'b'], toolCalls: [call] });
  const socket = await openSocket(model);
  socket.send(create());
  await outcome(socket);
  expect(socket.frames.map(({ type }) => type.replace('response.', ''))).toEqual([
    'created',
    'in_progress',
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.delta',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
    'completed',
  ]);
  expect(socket.frames.map((event) => event['sequence_number'])).toEqual(socket.frames.map((_, at) => at));
  expect(socket.frames.at(-1)?.['response']).toMatchObject({
    status: 'completed',
    output: [
      { type: 'reasoning', summary: [{ text: 'hm' }] },
      { type: 'message', content: [{ text: 'ab' }] },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' },
    ],
    usage: { input_tokens: 11, output_tokens: 3, output_tokens_details: { reasoning_tokens: 1 } },
  });
});

test('over HTTP the events are the same, each named', async () => {
  const model = await startModel({ tokens: ['a'] });
  const answer = await fetch(`${model.openAIBaseUrl}/responses`, { method: 'POST', body: '{"input":"hi"}' });
  const events = (await answer.text()).trim().split('\n\n');
  for (const event of events) {
    const [name = '', data = ''] = event.split('\n');
    const { type } = JSON.parse(data.replace('data: ', '')) as { type: string };
    expect(name).toBe(`event: ${type}`);
  }
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
});

test('a request goes on from a response that is known, on the same socket or another', async () => {
  const model = await startModel();
  const [one, other] = [await openSocket(model), await openSocket(model)];
  one.send(create());
  const { id } = await outcome(one);
  for (const socket of [one, other]) {
    socket.send(create({ previous_response_id: id }));
    expect(await outcome(socket)).toMatchObject({ type: 'response.completed' });
  }
});

test('what is not to be stored is known on its own socket alone', async () => {
  const model = await startModel();
  const [one, other] = [await openSocket(model), await openSocket(model)];
  one.send(create({ store: false }));
  const { id } = await outcome(one);
  for (const [socket, type] of [[one, 'response.completed'] as const, [other, 'error'] as const]) {
    socket.send(create({ previous_response_id: id }));
    expect(await outcome(socket)).toMatchObject({ type });
  }
});

test('a response that was forgotten is previous_response_not_found, and the socket goes on', async () => {
  const model = await startModel({ tokens: ['first'] }, { tokens: ['second'] });
  const socket = await openSocket(model);
  socket.send(create());
  const { id } = await outcome(socket);
  model.forgetResponses();
  socket.send(create({ previous_response_id: id }));
  expect((await outcome(socket)).error).toMatchObject({
    type: 'invalid_request_error',
    code: 'previous_response_not_found',
    param: 'previous_response_id',
  });
  socket.send(create());
  expect(await socket.nextOf('response.output_text.done')).toMatchObject({ text: 'second' });
});

test('a response that failed cannot be gone on from', async () => {
  const model = await startModel({ tokens: [], failure: { type: 'error', after: 0, message: 'boom' } });
  const socket = await openSocket(model);
  socket.send(create());
  const failed = await outcome(socket);
  expect(failed.type).toBe('response.failed');
  socket.send(create({ previous_response_id: failed.id }));
  expect(await outcome(socket)).toMatchObject({ type: 'error' });
});

test('over HTTP an unknown response is a 400 that the SDK tells', async () => {
  const model = await startModel();
  const client = new OpenAI({ apiKey: 'none', baseURL: model.openAIBaseUrl, maxRetries: 0 });
  const asked = client.responses.create({ input: 'hi', previous_response_id: 'resp_9', stream: true });
  await expect(asked).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
});

test('warming up says nothing, takes nothing from the script, and can be gone on from', async () => {
  const model = await startModel({ tokens: ['a'] });
  const socket = await openSocket(model);
  socket.send(create({ generate: false }));
  const { type, id } = await outcome(socket);
  expect(type).toBe('response.completed');
  socket.send(create({ previous_response_id: id }));
  expect(await socket.nextOf('response.output_text.done')).toMatchObject({ text: 'a' });
});

test('requests on one socket are answered one after the other, on two at once', async () => {
  const slow = { tokens: ['a', 'b'], tokenMs: 40, usage: false };
  const model = await startModel(slow, slow, slow);
  const [one, other] = [await openSocket(model), await openSocket(model)];
  one.send(create());
  one.send(create());
  other.send(create());
  await Promise.all([outcome(one), outcome(other)]);
  expect((await model.request(1)).sent).toBeLessThan(2);
  await outcome(one);
  const ids = one.frames.flatMap(({ response }) => (response as { id?: string } | undefined)?.id ?? []);
  expect(ids).toEqual(ids.toSorted());
});

test('a socket that closes ends the request that is open and the one that waits, both by the client', async () => {
  const model = await startModel({ tokens: [], failure: { type: 'silent', after: 0 } });
  const socket = await openSocket(model);
  socket.send(create());
  socket.send(create());
  const [open, waiting] = [await model.request(0), await model.request(1)];
  expect(model.open).toBe(2);
  socket.socket.terminate();
  expect(await open.closed).toMatchObject({ by: 'client' });
  expect(await waiting.closed).toMatchObject({ by: 'client' });
  expect(model.open).toBe(0);
});

test('a status on a socket says when to come again', async () => {
  const failure = { type: 'status', status: 429, retryAfter: '2', code: 'rate_limit_exceeded' } as const;
  const model = await startModel({ tokens: [], failure });
  const socket = await openSocket(model);
  socket.send(create());
  // No key is null: there are clients that drop such an event and wait for ever.
  expect(await socket.next()).toEqual({
    type: 'error',
    status: 429,
    error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'status 429' },
    headers: { 'retry-after': '2' },
  });
});

test('a socket that is idle when the model stops listening is closed', async () => {
  const model = await startModel();
  const socket = await openSocket(model);
  socket.send(create());
  await outcome(socket);
  model.stopListening();
  expect(await socket.closed).toMatchObject({ code: 1006 });
});

test('a wrong key is refused at the handshake', async () => {
  const model = await startModel();
  model.handshakeFailure = { type: 'status', status: 401 };
  await expect(openSocket(model)).rejects.toThrow(/401/);
});

test('what is no response.create is an error, and the socket goes on', async () => {
  const model = await startModel();
  const socket = await openSocket(model);
  for (const wrong of ['{', '[]', '{"type":"response.cancel"}']) {
    socket.send(wrong);
    expect(await socket.next()).toMatchObject({ type: 'error', status: 400 });
  }
  socket.send(create());
  expect((await outcome(socket)).type).toBe('response.completed');
  expect(model.requests).toHaveLength(1);
});
