/** The plain dialect behaves, frame by frame, as clients of the public proof of concept expect, and better where it failed them. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { expect, test } from 'vitest';
import type { Backend } from '../src/backend.ts';
import { OpenAIBackend } from '../src/backends/openai-backend.ts';
import { startTestServer, user } from './test-server.ts';

const chat = (...contents: string[]): object => ({ type: 'chat', messages: contents.map(user) });

test('a chat gets deltas, then a complete that holds all of them, keys in the known order [P-122] [P-127]', async () => {
  const { plain } = await startTestServer();
  const client = await plain();
  client.send(chat('hi'));
  const frames = await client.untilEnd();
  const deltas = frames.slice(0, -1);
  expect(deltas.map((frame) => Object.keys(frame))).toEqual(deltas.map(() => ['type', 'content']));
  expect(Object.keys(frames.at(-1) ?? {})).toEqual(['type', 'content']);
  expect(frames.at(-1)).toEqual({ type: 'complete', content: 'Hello, how are you?' });
  expect(deltas.map((frame) => frame['content']).join('')).toBe('Hello, how are you?');
});

test('a model that says all of its reply at once is asked the next time as well', async () => {
  const backend: Backend = {
    name: 'prompt',
    model: 'm',
    async reply(_, { onEvent }) {
      onEvent({ type: 'text', text: 'hi' });
      onEvent({ type: 'finish', reason: 'stop' });
    },
  };
  const { plain } = await startTestServer({ backend: () => backend });
  const client = await plain();
  for (const words of ['one', 'two']) {
    client.send(chat(words));
    expect((await client.untilEnd()).at(-1)).toEqual({ type: 'complete', content: 'hi' });
  }
});

test('a reset is confirmed, and the conversation forgotten', async () => {
  const { plain, model } = await startTestServer();
  const client = await plain();
  client.send(chat('first'));
  await client.untilEnd();
  client.send({ type: 'reset' });
  expect(await client.next()).toEqual({ type: 'reset_complete', message: 'Conversation history cleared' });
  client.send(chat('second'));
  await client.untilEnd();
  const { body } = await model.request(1);
  expect(body.messages.map(({ content }) => content)).toEqual(['You are a test.', 'second']);
});

test.each([
  ['an unknown type', '{"type":"nope"}', /^Unknown message type: nope/],
  [
    'a type with a capital',
    '{"type":"Chat","messages":[{"role":"user","content":"x"}]}',
    /^Unknown message type: Chat/,
  ],
  ['no type', '{}', /^Unknown message type: null/],
  ['a number as type', '{"type":5}', /^Unknown message type: 5/],
  ['cancel, which plain does not have', '{"type":"cancel","id":"1"}', /^Unknown message type: cancel/],
  [
    'warm, which plain does not have',
    '{"type":"warm","id":"1","messages":[]}',
    /^Unknown message type: warm/,
  ],
  ['no JSON', 'hello', /^Invalid JSON format$/],
  ['an empty text', '', /^Invalid JSON format$/],
  ['a BOM before the JSON', '\uFEFF{"type":"reset"}', /^Invalid JSON format$/],
  ['NaN', 'NaN', /^Invalid JSON format$/],
  ['a list', '[]', /JSON object/],
  ['a number', '1', /JSON object/],
  ['null', 'null', /JSON object/],
  ['a string', '"chat"', /JSON object/],
  ['no messages', '{"type":"chat"}', /^No messages provided$/],
  ['empty messages', '{"type":"chat","messages":[]}', /^No messages provided$/],
  ['null as messages', '{"type":"chat","messages":null}', /^No messages provided$/],
  ['messages that are no list', '{"type":"chat","messages":"hi"}', /^messages: expected a list/],
  ['an element that is no object', '{"type":"chat","messages":["hi"]}', /^messages\[0\]: expected an object/],
  [
    'an element without a role',
    '{"type":"chat","messages":[{"content":"x"}]}',
    /^messages\[0\]\.role: expected one of/,
  ],
  [
    'an element without content',
    '{"type":"chat","messages":[{"role":"user"}]}',
    /^messages\[0\]\.content: expected/,
  ],
  [
    'an unknown role',
    '{"type":"chat","messages":[{"role":"robot","content":"x"}]}',
    /^messages\[0\]\.role: expected one of/,
  ],
  [
    'a number as content',
    '{"type":"chat","messages":[{"role":"user","content":5}]}',
    /^messages\[0\]\.content: expected/,
  ],
])('%s is an error in words, and the socket stays open [P-122] [P-128]', async (_, text, words) => {
  const { plain } = await startTestServer();
  const client = await plain();
  client.send(text);
  const frame = await client.next();
  expect(Object.keys(frame)).toEqual(['type', 'message']);
  expect(frame).toMatchObject({ type: 'error', message: expect.stringMatching(words) });
  client.send(chat('still there?'));
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test('nothing of a frame with one bad element enters the conversation [P-129]', async () => {
  const { plain, model } = await startTestServer();
  const client = await plain();
  client.send({ type: 'chat', messages: [user('good'), { role: 'user', content: 5 }] });
  expect(await client.next()).toMatchObject({
    type: 'error',
    message: expect.stringContaining('messages[1]'),
  });
  client.send(chat('after'));
  await client.untilEnd();
  expect((await model.request(0)).body.messages.map(({ content }) => content)).toEqual([
    'You are a test.',
    'after',
  ]);
});

test('content as a list of parts is passed on', async () => {
  const { plain, model } = await startTestServer({
    backend: ({ openAIBaseUrl }) =>
      new OpenAIBackend({ apiKey: '', baseUrl: openAIBaseUrl, model: 'fake-model' }),
  });
  const client = await plain();
  const content = [{ type: 'text', text: 'hi' }];
  client.send({ type: 'chat', messages: [{ role: 'user', content }] });
  await client.untilEnd();
  expect((await model.request(0)).body.messages[1]).toEqual({ role: 'user', content });
});

test("a client's system message stands where it was, after the persona's", async () => {
  const { plain, model } = await startTestServer();
  const client = await plain();
  client.send({ type: 'chat', messages: [user('a'), { role: 'system', content: 'be brief' }, user('b')] });
  await client.untilEnd();
  const { body } = await model.request(0);
  expect(body.messages.map(({ role, content }) => [role, content])).toEqual([
    ['system', 'You are a test.'],
    ['user', 'a'],
    ['system', 'be brief'],
    ['user', 'b'],
  ]);
});

test("a list that ends with the assistant's words is answered", async () => {
  const { plain } = await startTestServer();
  const client = await plain();
  client.send({ type: 'chat', messages: [user('a'), { role: 'assistant', content: 'Well' }] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test('forty chats at once are answered one at a time, in order [P-123]', async () => {
  const { plain, model } = await startTestServer();
  model.script.push(...Array.from({ length: 40 }, (_, index) => ({ tokens: [`answer ${index}`] })));
  const client = await plain();
  for (let index = 0; index < 40; index += 1) client.send(chat(`question ${index}`));
  for (let index = 0; index < 40; index += 1) {
    expect((await client.untilEnd()).at(-1)).toEqual({ type: 'complete', content: `answer ${index}` });
  }
});

test('what is sent while a reply runs is answered after it, in order [P-123] [P-124]', async () => {
  const { plain, model } = await startTestServer();
  model.script.push({ tokens: ['slow ', 'reply'], tokenMs: 30 });
  const client = await plain();
  client.send(chat('a'));
  client.send({ type: 'reset' });
  client.send('broken');
  client.send(chat('b'));
  const types: string[] = [];
  for (let answers = 0; answers < 4; answers += 1) types.push((await client.untilEnd()).at(-1)?.type ?? '');
  expect(types).toEqual(['complete', 'reset_complete', 'error', 'complete']);
});

test('a whole history sent again on a kept socket is appended, and the limits bound it [P-126]', async () => {
  const { plain, model } = await startTestServer({ turnLimits: { turns: 3, chars: 10_000 } });
  const client = await plain();
  const history = [user('one')];
  for (let turn = 0; turn < 4; turn += 1) {
    client.send({ type: 'chat', messages: history });
    await client.untilEnd();
    history.push({ role: 'assistant', content: 'Hello, how are you?' } as never, user(`again ${turn}`));
  }
  const last = model.requests.at(-1)?.body.messages ?? [];
  expect(last.filter(({ role }) => role === 'user').length).toBe(3);
  expect(last.at(-1)?.content).toBe('again 2');
});

test('JSON in a binary frame is accepted [P-5]', async () => {
  const { plain } = await startTestServer();
  const client = await plain();
  client.send(Buffer.from(JSON.stringify(chat('hi'))));
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test('a message in fragments is accepted [P-5]', async () => {
  const { plain } = await startTestServer();
  const client = await plain();
  const text = JSON.stringify(chat('hi'));
  client.socket.send(text.slice(0, 10), { fin: false });
  client.socket.send(text.slice(10), { fin: true });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test.each(['/', '/ws', '/anything/at/all?with=query'])(
  'the path %s serves the socket [P-7]',
  async (path) => {
    const { port } = await startTestServer();
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
  },
);

test('a page of another origin is closed with 4403 before it hears anything [P-118]', async () => {
  const { plain } = await startTestServer();
  const client = await plain({ headers: { origin: 'https://evil.example' } });
  expect((await client.closed).code).toBe(4403);
  expect(client.frames).toEqual([]);
});

test('a frame of 1 MiB closes the socket with 1009', async () => {
  const { plain } = await startTestServer();
  const client = await plain();
  const envelope = JSON.stringify(chat('')).length;
  client.send(chat('x'.repeat(1024 * 1024 - envelope)));
  expect((await client.closed).code).toBe(1009);
});

test.each([false, true])('invalid UTF-8 closes the socket with 1007 (binary: %s) [P-109]', async (binary) => {
  const { plain } = await startTestServer();
  const client = await plain();
  client.socket.send(Buffer.from([0xc3, 0x28]), { binary });
  expect((await client.closed).code).toBe(1007);
});

test.each([400, 401, 404])('a model that answers %i is an error, and the next turn works', async (status) => {
  const { plain, model } = await startTestServer();
  model.script.push({ tokens: [], failure: { type: 'status', status, message: 'no way' } });
  const client = await plain();
  client.send(chat('a'));
  expect(await client.next()).toMatchObject({ type: 'error', message: expect.stringContaining('no way') });
  client.send(chat('b'));
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  // What failed is not remembered.
  expect(model.requests.at(-1)?.body.messages.map(({ content }) => content)).toEqual([
    'You are a test.',
    'b',
  ]);
});

test.each([429, 500])('a model that answers %i once is asked again, and nobody notices', async (status) => {
  const { plain, model } = await startTestServer();
  model.script.push({ tokens: [], failure: { type: 'status', status } });
  const client = await plain();
  client.send(chat('a'));
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  expect(model.requests.length).toBe(2);
});

test("a model's stream that ends without its end marker is an error [P-15]", async () => {
  const { plain, model } = await startTestServer();
  model.script.push({ tokens: ['half ', 'of'], failure: { type: 'cut', after: 2 } });
  const client = await plain();
  client.send(chat('a'));
  const frames = await client.untilEnd();
  expect([...new Set(frames.map(({ type }) => type))]).toEqual(['delta', 'error']);
});

test('a model that hangs is an error when its deadline passes, and its request is closed [P-22] [P-93]', async () => {
  const { plain, model } = await startTestServer({ limits: { first_token_ms: 80 } });
  model.script.push({ tokens: [], failure: { type: 'silent', after: 0 } });
  const client = await plain();
  client.send(chat('a'));
  expect((await client.untilEnd()).at(-1)).toMatchObject({
    type: 'error',
    message: expect.stringContaining('did not begin to answer'),
  });
  expect((await (await model.request(0)).closed).by).toBe('client');
});

test('forty clients that go away in a reply leave no request to the model running [P-13]', async () => {
  const { plain, model } = await startTestServer();
  model.fallback = { tokens: Array.from({ length: 10_000 }, () => 'word '), tokenMs: 100 };
  const clients = await Promise.all(Array.from({ length: 40 }, () => plain()));
  for (const client of clients) client.send(chat('a'));
  await Promise.all(clients.map((client) => client.nextOf('delta')));
  expect(model.open).toBe(40);
  for (const client of clients) client.socket.terminate();
  const ends = await Promise.all(model.requests.map(({ closed }) => closed));
  expect(ends.every(({ by }) => by === 'client')).toBe(true);
  expect(model.open).toBe(0);
});

test('an empty reply of the model is a complete with nothing in it', async () => {
  const { plain, model } = await startTestServer();
  model.script.push({ tokens: [] });
  const client = await plain();
  client.send(chat('a'));
  expect(await client.next()).toEqual({ type: 'complete', content: '' });
});

test('a client that answers pings stays, however little it says [P-94]', async () => {
  const { plain } = await startTestServer({ limits: { ping_interval_ms: 50, silence_ms: 400 } });
  const client = await plain();
  // For longer than the silence that is allowed.
  for (let pings = 0; pings < 12; pings += 1) await once(client.socket, 'ping');
  client.send(chat('hi'));
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test('a server that stood still closes nobody for it, and hears what came meanwhile [P-94]', async () => {
  const { plain } = await startTestServer({ limits: { ping_interval_ms: 20, silence_ms: 60 } });
  const client = await plain();
  client.send(chat('hi'));
  // Server and client share this process, so both stand still.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});
