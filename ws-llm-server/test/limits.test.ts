/** Each limit is told, and is where it says: what is exactly at it passes, one past it is refused as specified. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { ReceivedFrame, TestSocket } from '../../test/stand-ins/test-socket.ts';
import { startTestServer, user } from './test-server.ts';

const standsAlone = { mirror: { keep: 0 } };
const tool = { type: 'function', function: { name: 'f' } };
const endless = { tokens: ['word '], failure: { type: 'silent', after: 1 } } as const;

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Sends a chat and returns how it ends: `complete`, or the code of its error. */
async function fate(client: TestSocket, id: string, body: object): Promise<unknown> {
  client.send({ type: 'chat', id, ...body });
  const end = (await client.untilEnd()).at(-1);
  expect(end).toMatchObject({ id });
  return end?.type === 'error' ? end['code'] : end?.type;
}

/** Resolves when the server has handled everything that was sent so far. */
async function handled({ socket }: TestSocket): Promise<void> {
  socket.ping();
  await once(socket, 'pong');
}

/** All values of an object, those of inner objects too. */
function leaves(value: object): unknown[] {
  return Object.values(value).flatMap((inner: unknown) =>
    typeof inner === 'object' && inner !== null ? leaves(inner) : [inner],
  );
}

test('every limit is finite, and told as it was set [P-81]', async () => {
  const { v1 } = await startTestServer({ limits: { mirrors: 3, stalled_ms: 1_234 } });
  const limits = (await v1()).frames[0]?.['limits'] as Record<string, number>;
  expect(Object.keys(limits).length).toBeGreaterThanOrEqual(17);
  expect(leaves(limits).every((limit) => Number.isFinite(limit))).toBe(true);
  expect(limits).toMatchObject({ mirrors: 3, stalled_ms: 1_234 });
});

test.each(['plain', 'v1'] as const)(
  'a frame of exactly frame_bytes is served to a %s client, one byte more closes with 1009 [P-82] [P-160]',
  async (dialect) => {
    const server = await startTestServer({ limits: { frame_bytes: 1_000 } });
    const client = await server[dialect]();
    // Two bytes each: bytes are meant, not characters.
    const chat = (padding: string): string =>
      JSON.stringify({ type: 'chat', id: '1', messages: [user(`é${padding}`)] });
    const room = 1_000 - Buffer.byteLength(chat(''));
    client.send(chat('x'.repeat(room)));
    expect((await client.untilEnd()).at(-1)?.type).toBe('complete');
    client.send(chat('x'.repeat(room + 1)));
    expect((await client.closed).code).toBe(1009);
  },
);

test('a list of exactly so many messages is served, one more is too_large, whole or grown by a mirror [P-83] [P-160]', async () => {
  const { v1 } = await startTestServer({ limits: { messages: 3 } });
  const client = await v1();
  const [three, four] = [3, 4].map((count) => Array.from({ length: count }, () => user('a')));
  expect(await fate(client, '1', { messages: three, ...standsAlone })).toBe('complete');
  expect(await fate(client, '2', { messages: four, ...standsAlone })).toBe('too_large');
  expect(await fate(client, '3', { messages: four })).toBe('too_large');
  const grow = (base: string | undefined, keep: number, count: number): object => ({
    messages: Array.from({ length: count }, () => user('a')),
    mirror: { key: 'k', keep, ...(base !== undefined && { base }) },
  });
  expect(await fate(client, '4', grow(undefined, 0, 2))).toBe('complete');
  expect(await fate(client, '5', grow('4', 2, 1))).toBe('complete');
  expect(await fate(client, '6', grow('5', 3, 1))).toBe('too_large');
  // What did not fit was forgotten with its mirror.
  expect(await fate(client, '7', grow('6', 3, 0))).toBe('unknown_mirror');
});

test('a list of exactly list_bytes is served, one byte more is too_large, whole or grown by a mirror [P-84] [P-160]', async () => {
  const empty = jsonBytes(user(''));
  const { v1 } = await startTestServer({ limits: { list_bytes: 2 * empty + 10 } });
  const client = await v1();
  // Two bytes each.
  const [half, rest, more] = [user('ééx'), user('xxxxx'), user('xxxxxx')];
  expect(await fate(client, '1', { messages: [half, rest], ...standsAlone })).toBe('complete');
  expect(await fate(client, '2', { messages: [half, more], ...standsAlone })).toBe('too_large');
  expect(await fate(client, '3', { messages: [half], mirror: { key: 'k', keep: 0 } })).toBe('complete');
  expect(await fate(client, '4', { messages: [rest], mirror: { key: 'k', base: '3', keep: 1 } })).toBe(
    'complete',
  );
  expect(await fate(client, '5', { messages: [more], mirror: { key: 'k', base: '4', keep: 1 } })).toBe(
    'too_large',
  );
  expect(await fate(client, '6', { messages: [rest], mirror: { key: 'k', base: '5', keep: 1 } })).toBe(
    'unknown_mirror',
  );
});

test("a plain client's list of exactly so many messages, or bytes, is served, one more is an error in words [P-83] [P-84]", async () => {
  const limits = { messages: 3, list_bytes: 3 * jsonBytes(user('aa')) };
  const { plain } = await startTestServer({ limits });
  const client = await plain();
  const answerTo = async (...contents: string[]): Promise<unknown> => {
    client.send({ type: 'chat', messages: contents.map(user) });
    const end = (await client.untilEnd()).at(-1);
    return end?.type === 'error' ? end['message'] : end?.type;
  };
  expect(await answerTo('aa', 'aa', 'aa')).toBe('complete');
  expect(await answerTo('a', 'a', 'a', 'a')).toBe('messages: more than 3');
  expect(await answerTo('aa', 'aa', 'aaa')).toBe(`messages: more than ${limits.list_bytes} bytes`);
  expect(await answerTo('aa')).toBe('complete');
});

test('so many mirrors are kept; one more drops the one that was used longest ago [P-85]', async () => {
  const { v1 } = await startTestServer({ limits: { mirrors: 2 } });
  const client = await v1();
  const begin = (key: string): object => ({ messages: [user(key)], mirror: { key, keep: 0 } });
  const goOn = (key: string, base: string): object => ({
    messages: [user(key)],
    mirror: { key, base, keep: 1 },
  });
  await fate(client, 'a1', begin('a'));
  await fate(client, 'b1', begin('b'));
  expect(await fate(client, 'a2', goOn('a', 'a1'))).toBe('complete');
  await fate(client, 'c1', begin('c'));
  expect(await fate(client, 'a3', goOn('a', 'a2'))).toBe('complete');
  expect(await fate(client, 'c2', goOn('c', 'c1'))).toBe('complete');
  expect(await fate(client, 'b2', goOn('b', 'b1'))).toBe('unknown_mirror');
});

test('exactly open_requests run or wait, one more is overloaded, and an end makes room for the next [P-86] [P-160]', async () => {
  const { v1, model } = await startTestServer({ limits: { open_requests: 3 } });
  model.fallback = endless;
  const client = await v1();
  client.send({ type: 'chat', id: 'alone', messages: [user('x')], ...standsAlone });
  client.send({ type: 'chat', id: 'runs', messages: [user('x')] });
  client.send({ type: 'chat', id: 'waits', messages: [user('x')] });
  client.send({ type: 'chat', id: 'past', messages: [user('x')], ...standsAlone });
  expect(await client.nextOf('error')).toMatchObject({ id: 'past', code: 'overloaded', retryable: true });
  await model.request(1);
  client.send({ type: 'cancel', id: 'waits' });
  expect(await client.nextOf('complete')).toMatchObject({ id: 'waits', finish_reason: 'cancelled' });
  client.send({ type: 'chat', id: 'next', messages: [user('x')], ...standsAlone });
  await model.request(2);
  expect(model.open).toBe(3);
  expect(client.frames.filter(({ type }) => type === 'error').length).toBe(1);
});

test('tools of exactly tool_bytes are served, one byte more is too_large, also where they stick to a mirror [P-87] [P-160]', async () => {
  const tools = (name: string): object[] => [{ type: 'function', function: { name } }];
  const limit = jsonBytes(tools('é'));
  const { v1 } = await startTestServer({ limits: { tool_bytes: limit } });
  const client = await v1();
  expect(await fate(client, '1', { messages: [user('a')], tools: tools('é') })).toBe('complete');
  expect(await fate(client, '2', { messages: [user('a')], tools: tools('éx') })).toBe('too_large');
  const mirror = { key: 'k', keep: 0 };
  expect(await fate(client, '3', { messages: [user('a')], tools: tools('éx'), mirror })).toBe('too_large');
  const later = { messages: [user('b')], mirror: { key: 'k', base: '3', keep: 1 } };
  expect(await fate(client, '4', later)).toBe('too_large');
});

test.each(['chat', 'warm'])(
  'an id of a %s has exactly id_chars or fewer, one more closes with 4400 [P-88] [P-102] [P-160]',
  async (type) => {
    const { v1 } = await startTestServer({ limits: { id_chars: 12 } });
    const client = await v1();
    // UTF-16 units: each of these is two.
    client.send({ type, id: '👋'.repeat(6), messages: [user('a')] });
    await handled(client);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    client.send({ type, id: `${'👋'.repeat(6)}x`, messages: [user('a')] });
    expect((await client.closed).code).toBe(4400);
  },
);

test('a key or a name has exactly key_chars or fewer, one more is too_large, for a reset too [P-89] [P-160]', async () => {
  const { v1 } = await startTestServer({ limits: { key_chars: 12 } });
  const client = await v1();
  const [longest, tooLong] = ['👋'.repeat(6), `${'👋'.repeat(6)}x`];
  const messages = [user('a')];
  expect(await fate(client, '1', { messages, mirror: { key: longest, keep: 0 } })).toBe('complete');
  expect(await fate(client, '2', { messages, mirror: { key: tooLong, keep: 0 } })).toBe('too_large');
  expect(await fate(client, '3', { messages, thread: longest })).toBe('complete');
  expect(await fate(client, '4', { messages, thread: tooLong })).toBe('too_large');
  client.send({ type: 'reset', thread: longest });
  expect(await client.next()).toEqual({ type: 'reset_complete', thread: longest });
  client.send({ type: 'reset', thread: tooLong });
  const refusal = await client.next();
  expect(refusal).toMatchObject({ type: 'error', code: 'too_large', retryable: false });
  expect(refusal).not.toHaveProperty('id');
});

test('a reply of exactly reply_chars is whole, one more ends it with length, and its request is closed [P-92] [P-160]', async () => {
  const { v1, plain, model } = await startTestServer({ limits: { reply_chars: 12 } });
  const client = await v1();
  model.script.push({ tokens: ['👋👋👋', '👋👋👋'] });
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ finish_reason: 'stop' });
  model.script.push({ tokens: ['👋👋👋', '👋👋👋x'], failure: { type: 'silent', after: 2 } });
  client.send({ type: 'chat', id: '2', messages: [user('a')] });
  const frames = await client.untilEnd();
  expect(frames.at(-1)).toMatchObject({ finish_reason: 'length' });
  expect(frames.map((frame) => frame['content']).join('')).toBe('👋👋👋👋👋👋x');
  expect((await (await model.request(1)).closed).by).toBe('client');
  model.script.push({ tokens: ['👋👋👋👋👋👋x'], failure: { type: 'silent', after: 1 } });
  const old = await plain();
  old.send({ type: 'chat', messages: [user('a')] });
  expect((await old.untilEnd()).at(-1)).toEqual({ type: 'complete', content: '👋👋👋👋👋👋x' });
});

test.each([
  ['reasoning', (text: string) => ({ reasoning: [text], tokens: ['a'] })],
  [
    'calls',
    (text: string) => ({
      tokens: [],
      toolCalls: [{ id: '-', name: 'f', arguments: JSON.stringify({ a: text }) }],
    }),
  ],
])(
  '%s of exactly reply_chars are not cut, one more ends the reply with length [P-92]',
  async (kind, writing) => {
    const { v1, model } = await startTestServer({ limits: { reply_chars: 20 } });
    const client = await v1();
    const ask = async (id: string, text: string): Promise<ReceivedFrame[]> => {
      model.script.push(writing(text));
      client.send({ type: 'chat', id, messages: [user('a')], tools: [tool], ...standsAlone });
      return client.untilEnd();
    };
    // A call is its name and its arguments: f{"a":"..."}.
    const longest = kind === 'calls' ? 11 : 20;
    const [fits, past] = [await ask('1', 'x'.repeat(longest)), await ask('2', 'x'.repeat(longest + 1))];
    expect(fits.at(-1)?.['finish_reason']).not.toBe('length');
    expect(past.at(-1)).toMatchObject({ type: 'complete', finish_reason: 'length' });
    // What went past it is the last that was sent.
    expect(past).toHaveLength(2);
  },
);

test('a model that thinks for ever ends with length, and its request is closed [P-92]', async () => {
  const { v1, plain, model } = await startTestServer({ limits: { reply_chars: 1_000 } });
  model.fallback = { reasoning: Array.from({ length: 100_000 }, () => 'hm '), tokens: [], tokenMs: 1 };
  const [client, old] = [await v1(), await plain()];
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  const frames = await client.untilEnd();
  expect(frames.at(-1)).toMatchObject({ finish_reason: 'length' });
  expect(frames.slice(0, -1).every(({ type }) => type === 'reasoning')).toBe(true);
  const thought = frames.map((frame) => frame['content']).join('');
  // Pieces that come together are one, and count together.
  expect(thought.length).toBeGreaterThan(1_000);
  expect(thought.length).toBeLessThan(10_000);
  old.send({ type: 'chat', messages: [user('a')] });
  expect(await old.next()).toEqual({ type: 'complete', content: '' });
  for (const { closed } of model.requests) expect((await closed).by).toBe('client');
});

test('what is left out of a spoken reply counts as written: a block of code that never ends ends it [P-92]', async () => {
  const { v1, model } = await startTestServer({ limits: { reply_chars: 1_000 } });
  model.fallback = {
    tokens: ['Look:\n```\n', ...Array.from({ length: 100_000 }, () => 'x = 1\n')],
    tokenMs: 1,
  };
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')], output: 'speech' });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ finish_reason: 'length' });
  expect((await (await model.request(0)).closed).by).toBe('client');
});

const silences = {
  first_token_ms: { tokens: [], failure: { type: 'silent', after: 0 } },
  idle_ms: { tokens: ['a'], failure: { type: 'silent', after: 1 } },
  total_ms: { tokens: Array.from({ length: 1_000 }, () => 'a'), tokenMs: 10 },
} as const;

test.each(['first_token_ms', 'idle_ms', 'total_ms'] as const)(
  'a client that asks for a longer %s, or for none, gets what the server has; one that asks for a shorter gets it [P-24] [P-93]',
  async (key) => {
    const { v1, model } = await startTestServer({ limits: { [key]: 80 } });
    model.fallback = silences[key];
    const client = await v1();
    for (const [asked, given] of [
      [undefined, 80],
      [3_600_000, 80],
      [80, 80],
      [30, 30],
    ]) {
      const id = `asks for ${asked}`;
      const deadlines = asked === undefined ? {} : { deadlines: { [key]: asked } };
      client.send({ type: 'chat', id, messages: [user('a')], ...standsAlone, ...deadlines });
      const end = await client.nextOf('error');
      expect(end).toMatchObject({ id, code: 'backend_timeout' });
      expect(end['message']).toContain(`within ${given} ms`);
    }
  },
);

test.each(['plain', 'v1'] as const)(
  'a %s client that sends nothing for silence_ms is closed with 1011, and not before [P-94] [P-95]',
  async (dialect) => {
    const server = await startTestServer({ limits: { ping_interval_ms: 40, silence_ms: 200 } });
    const client = await server[dialect]({ autoPong: false });
    const pinged = once(client.socket, 'ping');
    const silentSince = performance.now();
    client.send({ type: 'from_the_future' });
    await pinged;
    expect((await client.closed).code).toBe(1011);
    expect(performance.now() - silentSince).toBeGreaterThanOrEqual(195);
  },
);

test('a server that was held up itself lets nobody go for that [P-95]', async () => {
  const { v1 } = await startTestServer({ limits: { ping_interval_ms: 100, silence_ms: 300 } });
  const client = await v1();
  const until = performance.now() + 500;
  while (performance.now() < until);
  for (let pings = 0; pings < 3; pings += 1) await once(client.socket, 'ping');
  expect(client.socket.readyState).toBe(client.socket.OPEN);
});

test('a client that says anything at all, though it answers no ping, is kept [P-95]', async () => {
  const { v1 } = await startTestServer({ limits: { ping_interval_ms: 50, silence_ms: 400 } });
  const client = await v1({ autoPong: false });
  for (let pings = 0; pings < 12; pings += 1) {
    await once(client.socket, 'ping');
    client.send({ type: 'ping' });
  }
  await client.nextOf('pong');
  expect(client.socket.readyState).toBe(client.socket.OPEN);
});

test('64 frames of a plain client wait while one is answered, one more closes the socket with 1013 [P-125]', async () => {
  const { plain, model } = await startTestServer();
  model.fallback = endless;
  const client = await plain();
  client.send({ type: 'chat', messages: [user('x')] });
  await client.nextOf('delta');
  for (let waiting = 0; waiting < 64; waiting += 1)
    client.send(waiting % 2 === 0 ? 'broken' : { type: 'reset' });
  await handled(client);
  expect(client.socket.readyState).toBe(client.socket.OPEN);
  client.send({ type: 'reset' });
  expect((await client.closed).code).toBe(1013);
  expect((await (await model.request(0)).closed).by).toBe('client');
});

test('JSON of exactly 100 levels is served, one level more is bad_request [P-97]', async () => {
  const { v1 } = await startTestServer();
  const client = await v1();
  const nested = (levels: number): unknown => (levels === 0 ? {} : { a: nested(levels - 1) });
  const tools = (levels: number): object[] => [
    { type: 'function', function: { name: 'f', parameters: nested(levels - 1) } },
  ];
  expect(await fate(client, '1', { messages: [user('a')], tools: tools(100) })).toBe('complete');
  expect(await fate(client, '2', { messages: [user('a')], tools: tools(101) })).toBe('bad_request');
});

test('the last 1,024 ids that have ended are recognised [P-107]', async () => {
  const { v1 } = await startTestServer();
  const client = await v1();
  for (let id = 0; id < 1_024; id += 1) client.send({ type: 'chat', id: String(id), messages: [] });
  await handled(client);
  expect(client.frames.filter(({ type }) => type === 'error').length).toBe(1_024);
  client.send({ type: 'chat', id: '0', messages: [] });
  expect((await client.closed).code).toBe(4409);
});
