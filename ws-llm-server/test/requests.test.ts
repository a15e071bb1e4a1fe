/** What a v1 request may count on beyond its reply: order, params, deadlines, timing, and that what is a connection's own ends with it. */
import { expect, test } from 'vitest';
import { type Backend, BackendError, type BackendEvent } from '../src/backend.ts';
import { startTestServer, testPersona, user } from './test-server.ts';

const standsAlone = { mirror: { keep: 0 } };

test('of requests that run at the same time each keeps the order of its frames [P-16]', async () => {
  const { v1, model } = await startTestServer();
  const tokens = Array.from({ length: 20 }, (_, index) => `${index} `);
  model.fallback = { tokens, tokenMs: 3 };
  const client = await v1();
  for (const id of ['a', 'b']) client.send({ type: 'chat', id, messages: [user(id)], ...standsAlone });
  await client.nextOf('complete');
  await client.nextOf('complete');
  const deltas = client.frames.filter(({ type }) => type === 'delta');
  for (const id of ['a', 'b']) {
    const own = deltas.filter((frame) => frame['id'] === id);
    expect(own.map(({ content }) => content).join('')).toBe(tokens.join(''));
  }
});

test('a delta is never empty, even where the model says nothing [P-39] [P-40]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: ['', 'a', '', '', 'b', ''], reasoning: ['', 'hm'] });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  const frames = await client.untilEnd();
  expect(frames.filter(({ content }) => content === '')).toEqual([]);
  const told = (wanted: string): string =>
    frames.map(({ type, content }) => (type === wanted ? String(content) : '')).join('');
  expect([told('reasoning'), told('delta')]).toEqual(['hm', 'ab']);
});

test("params that a request gives overrule the persona's, and those that it leaves out do not [P-20]", async () => {
  const { v1, model } = await startTestServer({
    persona: { ...testPersona, params: { temperature: 0.9, maxTokens: 50 } },
  });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')], params: { temperature: 0, seed: 7 } });
  await client.untilEnd();
  expect(model.requests[0]?.body['options']).toEqual({ temperature: 0, num_predict: 50, seed: 7 });
});

test('a request needs a message, unless its mirror has one already [P-18]', async () => {
  const { v1 } = await startTestServer();
  const client = await v1();
  const ends: unknown[] = [];
  for (const [id, mirror] of [
    ['1', undefined],
    ['2', { keep: 0 }],
    ['3', { key: 'k', keep: 0 }],
    ['4', { key: 'k', base: '3', keep: 0 }],
  ] as const) {
    client.send({ type: 'chat', id, messages: [], ...(mirror !== undefined && { mirror }) });
    ends.push((await client.untilEnd()).at(-1)?.['code']);
  }
  expect(ends).toEqual(['bad_request', 'bad_request', 'bad_request', 'bad_request']);
  client.send({ type: 'chat', id: '5', messages: [user('a')], mirror: { key: 'k', keep: 0 } });
  await client.untilEnd();
  client.send({ type: 'chat', id: '6', messages: [], mirror: { key: 'k', base: '5', keep: 1 } });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '6' });
});

test('deadlines count from the start of a turn, and timing from the arrival of its frame [P-23] [P-46]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: ['slow'], firstTokenMs: 600 }, { tokens: ['quick'] });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  client.send({
    type: 'chat',
    id: '2',
    messages: [user('b')],
    deadlines: { first_token_ms: 500, idle_ms: 500, total_ms: 550 },
  });
  await client.nextOf('complete');
  const end = (await client.untilEnd()).at(-1);
  expect(end).toMatchObject({ type: 'complete', id: '2', finish_reason: 'stop' });
  const timing = end?.['timing'] as { queue_ms: number; first_token_ms: number; total_ms: number };
  expect(timing.queue_ms).toBeGreaterThan(550);
  expect(timing.first_token_ms).toBeGreaterThanOrEqual(timing.queue_ms);
  expect(timing.total_ms).toBeGreaterThanOrEqual(timing.first_token_ms);
});

test('where nothing came there is no time of a first token, and what it cost is estimated [P-45] [P-47]', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: [], failure: { type: 'silent', after: 0 } }, { tokens: ['a'], usage: false });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await model.request(0);
  client.send({ type: 'cancel', id: '1' });
  const cancelled = await client.nextOf('complete');
  expect(Object.keys(cancelled['timing'] as object)).toEqual(['queue_ms', 'total_ms']);
  expect(cancelled['usage']).toMatchObject({ completion_tokens: 0, estimated: true });
  client.send({ type: 'chat', id: '2', messages: [user('a')] });
  const uncounted = await client.nextOf('complete');
  expect(uncounted['timing']).toHaveProperty('first_token_ms');
  expect(uncounted['usage']).toMatchObject({ estimated: true });
});

test('a mirror ends with its connection, though its key is used again [P-80]', async () => {
  const { v1 } = await startTestServer();
  const [first, other] = [await v1(), await v1()];
  first.send({ type: 'chat', id: '1', messages: [user('a')], mirror: { key: 'k', keep: 0 } });
  await first.untilEnd();
  const next = { type: 'chat', id: '2', messages: [user('b')], mirror: { key: 'k', base: '1', keep: 1 } };
  other.send(next);
  expect(await other.next()).toMatchObject({ id: '2', code: 'unknown_mirror' });
  first.close();
  await first.closed;
  const later = await v1();
  later.send(next);
  expect(await later.next()).toMatchObject({ id: '2', code: 'unknown_mirror' });
});

/** Answers with these events, or fails so. */
function backendOf(play: BackendEvent[] | BackendError): Backend {
  return {
    name: 'played',
    model: 'm',
    async reply(_, { onEvent }) {
      await Promise.resolve();
      if (play instanceof BackendError) throw play;
      for (const event of play) onEvent(event);
    },
  };
}

test('a request whose oldest turns had to go tells what fits, what was sent and how much went [P-144]', async () => {
  const { v1 } = await startTestServer({
    backend: () =>
      backendOf([
        { type: 'context', context: { limitTokens: 4_096, usedTokens: 4_000, droppedMessages: 6 } },
        { type: 'text', text: 'a' },
        { type: 'finish', reason: 'stop' },
      ]),
  });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect(await client.nextOf('complete')).toMatchObject({
    context: { limit: 4_096, used: 4_000, dropped: 6 },
  });
});

test('a request that cannot be made to fit the model is context_too_long, for good [P-153]', async () => {
  const tooLong = new BackendError('context_too_long', 'The last turn alone is too long.', {
    retryable: false,
  });
  const { v1 } = await startTestServer({ backend: () => backendOf(tooLong) });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect(await client.next()).toMatchObject({
    type: 'error',
    id: '1',
    code: 'context_too_long',
    retryable: false,
  });
});

test('what is to be spoken holds nothing that cannot be read aloud, however the model cuts it [P-136]', async () => {
  const { v1, model } = await startTestServer();
  const written = '## Rest\n**Drink** [water](https://example.org/w) 💧.\n```js\nlet x;\n```\nSleep.';
  model.fallback = { tokens: Array.from(written) };
  const client = await v1();
  const ask = async (id: string, output: string): Promise<string> => {
    client.send({ type: 'chat', id, messages: [user('a')], output, ...standsAlone });
    const frames = await client.untilEnd();
    return frames.map(({ content }) => (typeof content === 'string' ? content : '')).join('');
  };
  expect(await ask('1', 'markdown')).toBe(written);
  const spoken = await ask('2', 'speech');
  for (const word of ['Rest', 'Drink', 'water', 'Sleep.']) expect(spoken).toContain(word);
  expect(spoken).not.toMatch(/[#*[\]`]|https|example|let x|\p{Extended_Pictographic}/u);
});

test.each([
  ['while it waits', 'waits', { prompt: 0, completion: 0 }],
  [
    'before the first token',
    { tokens: [], failure: { type: 'silent', after: 0 } },
    { prompt: 5, completion: 0 },
  ],
  [
    'while the model thinks',
    { reasoning: ['hmm, hmm'], tokens: [], failure: { type: 'silent', after: 1 } },
    { prompt: 5, completion: 2 },
  ],
  [
    'in the middle',
    { tokens: ['one ', 'two '], failure: { type: 'silent', after: 2 } },
    { prompt: 5, completion: 2 },
  ],
] as const)(
  'a cancel %s is acknowledged with what it cost so far, and nothing runs on [P-25] [P-26] [P-27] [P-45]',
  async (_, behaviour, { prompt, completion }) => {
    const { v1, model } = await startTestServer();
    const client = await v1();
    const waits = behaviour === 'waits';
    model.fallback = waits ? { tokens: [], failure: { type: 'silent', after: 0 } } : behaviour;
    client.send({ type: 'chat', id: '1', messages: [user('hey!')] });
    if (waits) client.send({ type: 'chat', id: '2', messages: [user('hey!')] });
    const seen = await model.request(0);
    // What the model has said has come, in however many pieces.
    const said = waits
      ? ''
      : [...('reasoning' in behaviour ? behaviour.reasoning : []), ...behaviour.tokens].join('');
    for (let heard = ''; heard !== said;) {
      const { content } = await client.next();
      heard += typeof content === 'string' ? content : '';
    }
    client.send({ type: 'cancel', id: waits ? '2' : '1' });
    expect(await client.next()).toMatchObject({
      type: 'complete',
      id: waits ? '2' : '1',
      finish_reason: 'cancelled',
      usage: {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        estimated: true,
      },
    });
    if (waits) client.send({ type: 'cancel', id: '1' });
    expect((await seen.closed).by).toBe('client');
    expect(model.requests).toHaveLength(1);
  },
);
