/** A v1 client: every request ends exactly once, a cancel finds its request wherever it is, and memory is what was said. */
import { createConnection } from 'node:net';
import { expect, test } from 'vitest';
import type { ClientOptions } from 'ws';
import { OllamaBackend } from '../src/backends/ollama-backend.ts';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { defaultLimits } from '../src/limits.ts';
import { startTestServer, user } from './test-server.ts';

const endless = { tokens: Array.from({ length: 2_000 }, () => 'word '), tokenMs: 10 };
const standsAlone = { mirror: { keep: 0 } };

test('ready comes first and tells who answers, with what, and every limit [P-33] [P-36] [P-81]', async () => {
  const { url } = await startTestServer();
  const client = await TestSocket.open(url, ['ws-llm.v1']);
  expect(client.socket.protocol).toBe('ws-llm.v1');
  const ready = await client.next();
  expect(ready).toMatchObject({
    type: 'ready',
    persona: { name: 'tester', title: 'Tester', greeting: 'Hello.', suggestions: ['Say hi'] },
    personas: [{ name: 'tester', title: 'Tester' }],
    backend: 'ollama',
    model: 'fake-model',
    features: expect.arrayContaining(['standalone', 'tools']),
  });
  expect(JSON.stringify(ready)).not.toContain('You are a test');
  expect(ready['limits']).toEqual({ ...defaultLimits, shared: expect.any(Object) });
  client.close();
});

test('a chat streams deltas and completes with usage, timing, model and backend [P-40] [P-44] [P-46]', async () => {
  const { v1 } = await startTestServer();
  const client = await v1();
  client.send({ type: 'chat', id: 'a', messages: [user('hi')] });
  const frames = await client.untilEnd();
  expect(frames.slice(0, -1).every(({ type, id }) => type === 'delta' && id === 'a')).toBe(true);
  expect(
    frames
      .slice(0, -1)
      .map((frame) => frame['content'])
      .join(''),
  ).toBe('Hello, how are you?');
  expect(frames.at(-1)).toEqual({
    type: 'complete',
    id: 'a',
    finish_reason: 'stop',
    usage: { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 },
    timing: {
      queue_ms: expect.any(Number),
      first_token_ms: expect.any(Number),
      total_ms: expect.any(Number),
    },
    model: 'fake-model',
    backend: 'ollama',
  });
});

test('the conversation is remembered on the connection, and only there [P-63] [P-69]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('I am Ada')] });
  await client.untilEnd();
  client.send({ type: 'chat', id: '2', messages: [user('who am I?')] });
  await client.untilEnd();
  const other = await v1();
  other.send({ type: 'chat', id: '1', messages: [user('and I?')] });
  await other.untilEnd();
  const contents = model.requests.map(({ body }) => body.messages.map(({ content }) => content).slice(1));
  expect(contents).toEqual([['I am Ada'], ['I am Ada', 'Hello, how are you?', 'who am I?'], ['and I?']]);
});

test('a request that stands alone neither sees nor leaves anything [P-78]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('remember me')] });
  await client.untilEnd();
  client.send({ type: 'chat', id: '2', messages: [user('alone')], ...standsAlone });
  await client.untilEnd();
  client.send({ type: 'chat', id: '3', messages: [user('again')] });
  await client.untilEnd();
  const contents = model.requests.map(({ body }) => body.messages.map(({ content }) => content).slice(1));
  expect(contents[1]).toEqual(['alone']);
  expect(contents[2]).toEqual(['remember me', 'Hello, how are you?', 'again']);
});

test('requests that stand alone run at the same time [P-79]', async () => {
  const { v1, model } = await startTestServer();
  model.fallback = endless;
  const client = await v1();
  for (const id of ['a', 'b', 'c']) client.send({ type: 'chat', id, messages: [user(id)], ...standsAlone });
  const seen = new Set<unknown>();
  while (seen.size < 3) seen.add((await client.nextOf('delta'))['id']);
  expect(model.open).toBe(3);
});

test('chats on the thread wait their turn, in order [P-62] [P-63]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: ['one'], firstTokenMs: 40 }, { tokens: ['two'] });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  const first = await client.untilEnd();
  const second = await client.untilEnd();
  expect([first.at(-1)?.['id'], second.at(-1)?.['id']]).toEqual(['1', '2']);
  const timing = second.at(-1)?.['timing'] as { queue_ms: number } | undefined;
  expect(timing?.queue_ms).toBeGreaterThan(20);
  expect(model.requests[1]?.body.messages.map(({ content }) => content).slice(1)).toEqual(['a', 'one', 'b']);
});

test('a cancel in the middle ends the reply at once and closes the request to the model [P-27] [P-45] [P-64]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push(endless);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('tell me all')] });
  await client.nextOf('delta');
  client.send({ type: 'cancel', id: '1' });
  const end = await client.nextOf('complete');
  expect(end).toMatchObject({ id: '1', finish_reason: 'cancelled', usage: { estimated: true } });
  expect((await (await model.request(0)).closed).by).toBe('client');
  // What was said is remembered, as far as it was said.
  client.send({ type: 'chat', id: '2', messages: [user('go on')] });
  await client.untilEnd();
  const remembered = model.requests[1]?.body.messages[2];
  expect(remembered).toEqual({ role: 'assistant', content: expect.stringMatching(/^(?:word )+$/) });
});

test('the request to the model is closed within 50 ms of a cancel, unless the machine is held up [P-29]', async () => {
  const { v1, model } = await startTestServer();
  model.fallback = endless;
  const client = await v1();
  const tookMs: number[] = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const id = String(attempt);
    client.send({ type: 'chat', id, messages: [user('a')], ...standsAlone });
    await client.nextOf('delta');
    const askedAt = performance.now();
    client.send({ type: 'cancel', id });
    tookMs.push((await (await model.request(attempt)).closed).at - askedAt);
  }
  expect(Math.min(...tookMs)).toBeLessThan(50);
});

test('a cancel before the first token ends it, and leaves no trace [P-26] [P-65]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: [], failure: { type: 'silent', after: 0 } });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('never mind')] });
  const seen = await model.request(0);
  client.send({ type: 'cancel', id: '1' });
  expect(await client.next()).toMatchObject({ type: 'complete', id: '1', finish_reason: 'cancelled' });
  expect((await seen.closed).by).toBe('client');
  client.send({ type: 'chat', id: '2', messages: [user('hi')] });
  await client.untilEnd();
  expect(model.requests[1]?.body.messages.map(({ content }) => content).slice(1)).toEqual(['hi']);
});

test('a cancel finds a request that waits: it ends at once and is never asked [P-17] [P-25]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: ['one'], firstTokenMs: 60 });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  client.send({ type: 'cancel', id: '2' });
  expect(await client.next()).toMatchObject({ type: 'complete', id: '2', finish_reason: 'cancelled' });
  expect((await client.untilEnd()).at(-1)).toMatchObject({
    type: 'complete',
    id: '1',
    finish_reason: 'stop',
  });
  client.send({ type: 'chat', id: '3', messages: [user('c')] });
  await client.untilEnd();
  expect(model.requests.length).toBe(2);
  expect(model.requests[1]?.body.messages.map(({ content }) => content).slice(1)).toEqual(['a', 'one', 'c']);
});

test('cancels for what has ended, twice or never existed are ignored [P-11] [P-32]', async () => {
  const { v1 } = await startTestServer();
  const client = await v1();
  client.send({ type: 'cancel', id: 'never' });
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  client.send({ type: 'cancel', id: '1' });
  client.send({ type: 'cancel', id: '1' });
  client.send({ type: 'ping' });
  expect(await client.next()).toEqual({ type: 'pong' });
});

test('a reset cancels what runs and waits, then is confirmed, and nothing of it is remembered [P-30] [P-31]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push(endless);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.nextOf('delta');
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  client.send({ type: 'chat', id: '3', messages: [user('c')] });
  client.send({ type: 'reset' });
  const ended: string[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame.type === 'reset_complete') break;
    if (frame.type === 'complete') ended.push(`${String(frame['id'])} ${String(frame['finish_reason'])}`);
  }
  expect(ended.toSorted((a, b) => a.localeCompare(b))).toEqual(['1 cancelled', '2 cancelled', '3 cancelled']);
  client.send({ type: 'chat', id: '4', messages: [user('fresh')] });
  await client.untilEnd();
  expect(model.requests.length).toBe(2);
  expect(model.requests[1]?.body.messages.map(({ content }) => content).slice(1)).toEqual(['fresh']);
});

test('a reply that failed leaves nothing behind, the question included [P-15] [P-66]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: ['half'], failure: { type: 'cut', after: 1 } });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({
    type: 'error',
    id: '1',
    code: 'backend_failed',
    retryable: true,
  });
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  await client.untilEnd();
  expect(model.requests[1]?.body.messages.map(({ content }) => content).slice(1)).toEqual(['b']);
});

test.each([
  ['401', { type: 'status', status: 401 }, 'backend_failed', false],
  ['404', { type: 'status', status: 404 }, 'backend_failed', false],
  ['400', { type: 'status', status: 400 }, 'bad_request', false],
  ['a reset connection', { type: 'reset', after: 1 }, 'backend_failed', true],
  ['a line that cannot be read', { type: 'malformed', after: 1 }, 'backend_failed', true],
  [
    'an error inside the stream',
    { type: 'error', after: 1, message: 'out of memory' },
    'backend_failed',
    true,
  ],
] as const)(
  'a model that answers with %s is one error [P-98] [P-99]',
  async (_, failure, code, retryable) => {
    const { v1, model } = await startTestServer();
    model.fallback = { tokens: ['a', 'b'], failure };
    const client = await v1();
    client.send({ type: 'chat', id: '1', messages: [user('a')] });
    expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'error', id: '1', code, retryable });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
  },
);

test('a 429 that lasts is rate_limited, with the time that the model asked for [P-49]', async () => {
  const { v1, model } = await startTestServer({ limits: { first_token_ms: 3_000 } });
  model.fallback = { tokens: [], failure: { type: 'status', status: 429, retryAfter: '30' } };
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect(await client.next()).toMatchObject({
    code: 'rate_limited',
    retryable: true,
    retry_after_ms: 30_000,
  });
  expect(model.requests.length).toBe(1);
});

test('a model that is away is backend_unavailable, in words that say what to do [P-98]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  await model.close();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect(await client.next()).toMatchObject({
    type: 'error',
    code: 'backend_unavailable',
    retryable: true,
    message: expect.stringContaining('Is it running'),
  });
});

test.each([
  ['before the first token', { tokens: [], failure: { type: 'silent', after: 0 } }, { first_token_ms: 60 }],
  ['between two tokens', { tokens: ['a'], failure: { type: 'silent', after: 1 } }, { idle_ms: 60 }],
  ['of a reply that never ends', endless, { total_ms: 120 }],
] as const)(
  "silence %s ends in backend_timeout by the client's deadline [P-22]",
  async (_, behaviour, deadlines) => {
    const { v1, model } = await startTestServer();
    model.script.push(behaviour);
    const client = await v1();
    client.send({ type: 'chat', id: '1', messages: [user('a')], deadlines });
    expect(await client.nextOf('error')).toMatchObject({ id: '1', code: 'backend_timeout', retryable: true });
    expect((await (await model.request(0)).closed).by).toBe('client');
  },
);

test.each([
  ['no JSON', 'hello', 4400],
  ['a list', '[]', 4400],
  ['no type', '{}', 4400],
  ['a chat without an id', '{"type":"chat","messages":[]}', 4400],
  ['a chat with a number as id', '{"type":"chat","id":1,"messages":[]}', 4400],
  ['a chat with an empty id', '{"type":"chat","id":"","messages":[]}', 4400],
  ['an id longer than allowed', `{"type":"chat","id":"${'x'.repeat(129)}","messages":[]}`, 4400],
  ['the same in a broken chat', `{"type":"chat","id":"${'x'.repeat(129)}","messages":5}`, 4400],
])('%s closes the connection with %i [P-101] [P-102]', async (_, text, code) => {
  const { v1 } = await startTestServer();
  const client = await v1();
  client.send(text);
  expect((await client.closed).code).toBe(code);
});

test('what follows on a connection that the server has closed is not answered, nor asked [P-108]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  client.send('broken');
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.closed).code).toBe(4400);
  expect(client.frames.map(({ type }) => type)).toEqual(['ready']);
  expect(model.requests).toEqual([]);
});

test('an id that is used twice closes the connection with 4409, open or ended [P-103]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push(endless);
  const open = await v1();
  open.send({ type: 'chat', id: '1', messages: [user('a')] });
  await open.nextOf('delta');
  open.send({ type: 'chat', id: '1', messages: [user('b')] });
  expect((await open.closed).code).toBe(4409);
  const ended = await v1();
  ended.send({ type: 'chat', id: 'toString', messages: [user('a')] });
  await ended.untilEnd();
  ended.send({ type: 'chat', id: 'toString', messages: [user('b')] });
  expect((await ended.closed).code).toBe(4409);
});

test.each([
  ['a bad role', { messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role: expected one of'],
  ['no messages', { messages: [] }, 'messages: expected at least 1 element'],
  [
    'thread and mirror',
    { messages: [user('x')], thread: 't', mirror: { keep: 0 } },
    'mirror: thread and mirror exclude',
  ],
  [
    'heard with a mirror',
    { messages: [user('x')], mirror: { keep: 0 }, heard: { id: '0', content: '' } },
    'heard: ',
  ],
  [
    'a persona that nobody knows',
    { messages: [user('x')], persona: 'p' },
    'persona: there is none of that name',
  ],
])(
  '%s is bad_request, says where, and the connection stays [P-18] [P-21] [P-105] [P-106] [P-134]',
  async (_, body, words) => {
    const { v1, model } = await startTestServer();
    const client = await v1();
    client.send({ type: 'chat', id: '1', ...body });
    expect(await client.next()).toMatchObject({
      type: 'error',
      id: '1',
      code: 'bad_request',
      retryable: false,
      message: expect.stringContaining(words),
    });
    client.send({ type: 'chat', id: '2', messages: [user('x')] });
    expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '2' });
    expect(model.requests.length).toBe(1);
  },
);

test('frames of unknown types are ignored, and so are keys that nobody knows [P-6] [P-104]', async () => {
  const { v1 } = await startTestServer();
  const client = await v1();
  client.send({ type: 'from_the_future', id: '1' });
  client.send({ type: 'chat', id: '1', messages: [user('x')], shiny: true });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
});

test('instructions follow the persona, tools and params reach the model, and its calls come back whole [P-19] [P-42] [P-58]', async () => {
  const { v1, model } = await startTestServer();
  const weather = { id: '-', name: 'weather', arguments: '{"city":"Oslo"}' };
  model.script.push({ tokens: ['Let me look.'], toolCalls: [weather] });
  const client = await v1();
  client.send({
    type: 'chat',
    id: '1',
    messages: [user('rain?')],
    instructions: 'Be brief.',
    tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }],
    params: { temperature: 0.1, max_tokens: 9 },
  });
  const frames = await client.untilEnd();
  const call = frames.find(({ type }) => type === 'tool_call')?.['call'] as { id: string };
  expect(call).toMatchObject({
    type: 'function',
    function: { name: 'weather', arguments: '{"city":"Oslo"}' },
  });
  expect(frames.at(-1)).toMatchObject({ finish_reason: 'tool_calls' });
  expect(model.requests[0]?.body).toMatchObject({
    messages: [{ content: 'You are a test.\n\nBe brief.' }, { content: 'rain?' }],
    options: { temperature: 0.1, num_predict: 9 },
    tools: [{ function: { name: 'weather' } }],
  });
  client.send({ type: 'chat', id: '2', messages: [{ role: 'tool', tool_call_id: call.id, content: 'dry' }] });
  await client.untilEnd();
  expect(model.requests[1]?.body.messages.slice(2)).toMatchObject([
    { role: 'assistant', content: 'Let me look.', tool_calls: [{ function: { name: 'weather' } }] },
    { role: 'tool', content: 'dry', tool_name: 'weather' },
  ]);
});

test('a call that nobody answered is told to the model as unanswered [P-57]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: [], toolCalls: [{ id: '-', name: 'weather', arguments: '{}' }] });
  const client = await v1();
  client.send({
    type: 'chat',
    id: '1',
    messages: [user('rain?')],
    tools: [{ type: 'function', function: { name: 'weather' } }],
  });
  await client.untilEnd();
  client.send({ type: 'chat', id: '2', messages: [user('never mind')] });
  await client.untilEnd();
  expect(model.requests[1]?.body.messages.slice(2)).toMatchObject([
    { role: 'assistant' },
    { role: 'tool', content: 'This call was not answered.' },
    { role: 'user', content: 'never mind' },
  ]);
});

test('reasoning is apart from the text, and not remembered [P-41]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: ['42'], reasoning: ['hm'] });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('?')] });
  const frames = await client.untilEnd();
  expect(frames.map(({ type, content }) => [type, content]).slice(0, 2)).toEqual([
    ['reasoning', 'hm'],
    ['delta', '42'],
  ]);
});

test('a client that goes away ends its requests at the model, those that wait included [P-13]', async () => {
  const { v1, model } = await startTestServer();
  model.fallback = endless;
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  client.send({ type: 'chat', id: '3', messages: [user('c')], ...standsAlone });
  await Promise.all([model.request(0), model.request(1)]);
  client.socket.terminate();
  await Promise.all(model.requests.map(({ closed }) => closed));
  expect(model.requests.length).toBe(2);
  expect(model.open).toBe(0);
});

test('a page from disk is a guest: it talks, and may not speak for the persona or bring tools [P-119] [P-120]', async () => {
  const { v1 } = await startTestServer();
  const guest = await v1({ headers: { origin: 'null' } });
  guest.send({
    type: 'chat',
    id: '1',
    messages: [user('a'), { role: 'assistant', content: 'b' }, user('c')],
    ...standsAlone,
  });
  expect((await guest.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
  guest.send({ type: 'chat', id: 'm1', messages: [user('a')], mirror: { key: 'k', keep: 0 } });
  expect((await guest.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: 'm1' });
  guest.send({ type: 'chat', id: 'm2', messages: [user('b')], mirror: { key: 'k', base: 'm1', keep: 1 } });
  expect((await guest.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: 'm2' });
  const refused = [
    { messages: [{ role: 'system', content: 'obey' }] },
    { messages: [user('a')], instructions: 'obey' },
    { messages: [user('a')], tools: [] },
    { messages: [user('a')], params: { temperature: 2 } },
  ];
  for (const [index, body] of refused.entries()) {
    guest.send({ type: 'chat', id: `r${index}`, ...body });
    expect(await guest.next()).toMatchObject({ type: 'error', id: `r${index}`, code: 'unauthorized' });
  }
});

test('only an unknown subprotocol offered is closed with 4406 [P-3]', async () => {
  const { port } = await startTestServer();
  // `ws` gives up on the missing selection before it would read the close, so the handshake is spoken by hand.
  const socket = createConnection(port, '127.0.0.1');
  socket.write(
    'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: bearer.abc\r\n\r\n',
  );
  const bytes: Buffer[] = [];
  for await (const chunk of socket) {
    bytes.push(chunk as Buffer);
    const all = Buffer.concat(bytes);
    const frame = all.subarray(all.indexOf('\r\n\r\n') + 4);
    if (frame.length >= 4) {
      expect(all.toString('latin1')).not.toMatch(/sec-websocket-protocol/i);
      expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 4406]);
      break;
    }
  }
});

test('a client that says goodbye and keeps the line open ends its requests all the same [P-13]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push(endless);
  const client = await v1({ allowHalfOpen: true } as ClientOptions);
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.nextOf('delta');
  // Only the Close frame: what the other side answers is not read, and TCP stays open.
  client.socket.close(1000);
  client.socket.pause();
  expect((await model.requests[0]?.closed)?.by).toBe('client');
  client.socket.terminate();
});

test('which model answers is told as soon as it is known [P-37]', async () => {
  const { url } = await startTestServer({
    backend: ({ ollamaHost }) => new OllamaBackend({ host: ollamaHost, model: undefined }),
  });
  const client = await TestSocket.open(url, ['ws-llm.v1']);
  expect(await client.next()).not.toHaveProperty('model');
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', model: 'fake-model' });
  expect(await client.next()).toMatchObject({ type: 'ready', model: 'fake-model' });
});

test("a guest is told of a model's failure in general words, without addresses [P-121]", async () => {
  const { v1, plain, model } = await startTestServer();
  model.fallback = { tokens: [], failure: { type: 'status', status: 400, message: 'secret of 10.0.0.7' } };
  for (const open of [v1, plain]) {
    const guest = await open({ headers: { origin: 'null' } });
    guest.send({ type: 'chat', id: '1', messages: [user('a')] });
    const { message } = await guest.nextOf('error');
    expect(message).toBe('The model does not take this request.');
  }
});
