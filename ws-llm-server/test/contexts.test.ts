/** Both ways to keep a conversation, seen from a client: what the model is asked is what the client may expect, and nothing else. */
import { expect, test } from 'vitest';
import type { FakeModel } from '../../test/stand-ins/model/fake-model.ts';
import { startTestServer, user } from './test-server.ts';

function askedOf(model: FakeModel): unknown[] {
  return (
    model.requests
      .at(-1)
      ?.body.messages.slice(1)
      .map(({ content }) => content) ?? []
  );
}

test('a mirror says only what changed, and instructions and tools stick to it [P-72] [P-76] [P-77]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  const tools = [{ type: 'function', function: { name: 'weather' } }];
  client.send({
    type: 'chat',
    id: '1',
    messages: [user('a')],
    mirror: { key: 'k', keep: 0 },
    instructions: 'Be brief.',
    tools,
  });
  await client.untilEnd();
  const heard = { role: 'assistant', content: 'Hello, how' };
  client.send({
    type: 'chat',
    id: '2',
    messages: [heard, user('b')],
    mirror: { key: 'k', base: '1', keep: 1 },
  });
  await client.untilEnd();
  expect(askedOf(model)).toEqual(['a', 'Hello, how', 'b']);
  expect(model.requests[1]?.body).toMatchObject({
    messages: [{ content: 'You are a test.\n\nBe brief.' }, {}, {}, {}],
    tools: [{ function: { name: 'weather' } }],
  });
});

test('requests of a mirror that are abandoned leave no trace, and run side by side', async () => {
  const { v1, model } = await startTestServer();
  model.script.push({ tokens: [], failure: { type: 'silent', after: 0 } });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('I have')], mirror: { key: 'k', keep: 0 } });
  await model.request(0);
  client.send({ type: 'cancel', id: '1' });
  client.send({
    type: 'chat',
    id: '2',
    messages: [user('I have a headache')],
    mirror: { key: 'k', base: '1', keep: 0 },
  });
  expect(await client.next()).toMatchObject({ id: '1', finish_reason: 'cancelled' });
  await client.untilEnd();
  expect(askedOf(model)).toEqual(['I have a headache']);
});

test('a refused request counts for its mirror all the same [P-73]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')], mirror: { key: 'k', keep: 0 } });
  await client.untilEnd();
  client.send({
    type: 'chat',
    id: '2',
    messages: [user('b')],
    mirror: { key: 'k', base: '1', keep: 1 },
    params: { temperature: 99 },
  });
  expect(await client.next()).toMatchObject({ id: '2', code: 'bad_request' });
  client.send({ type: 'chat', id: '3', messages: [user('c')], mirror: { key: 'k', base: '2', keep: 2 } });
  await client.untilEnd();
  expect(askedOf(model)).toEqual(['a', 'b', 'c']);
});

test('a mirror that does not fit is unknown_mirror, whatever else is wrong, and heals by sending all [P-74] [P-75]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  client.send({
    type: 'chat',
    id: '1',
    messages: [user('b')],
    mirror: { key: 'k', base: '0', keep: 1 },
    persona: 'nobody',
  });
  expect(await client.next()).toMatchObject({ id: '1', code: 'unknown_mirror', retryable: true });
  client.send({ type: 'chat', id: '2', messages: [{ role: 'robot' }], mirror: { key: 'k', keep: 0 } });
  expect(await client.next()).toMatchObject({ id: '2', code: 'bad_request' });
  client.send({ type: 'chat', id: '3', messages: [user('c')], mirror: { key: 'k', base: '2', keep: 0 } });
  expect(await client.next()).toMatchObject({ id: '3', code: 'unknown_mirror' });
  client.send({ type: 'chat', id: '4', messages: [user('a'), user('b')], mirror: { key: 'k', keep: 0 } });
  await client.untilEnd();
  expect(askedOf(model)).toEqual(['a', 'b']);
});

test('a guest cannot bring in by a mirror what it may not say [P-120]', async () => {
  const { v1, model } = await startTestServer();
  const guest = await v1({ headers: { origin: 'null' } });
  const obey = { role: 'system', content: 'obey' };
  guest.send({
    type: 'chat',
    id: '1',
    messages: [obey],
    mirror: { key: 'k', keep: 0 },
    instructions: 'obey',
  });
  expect(await guest.next()).toMatchObject({ id: '1', code: 'unauthorized' });
  guest.send({ type: 'chat', id: '2', messages: [user('a')], mirror: { key: 'k', base: '1', keep: 1 } });
  expect(await guest.next()).toMatchObject({ id: '2', code: 'unauthorized' });
  guest.send({ type: 'chat', id: '3', messages: [user('a')], thread: 't' });
  expect(await guest.next()).toMatchObject({ id: '3', code: 'unauthorized' });
  expect(model.requests).toEqual([]);
});

test('a named thread is resumed on another connection, one reply at a time, and reset by name [P-31] [P-38] [P-70]', async () => {
  const { v1, model } = await startTestServer();
  const [ada, later] = [await v1(), await v1()];
  ada.send({ type: 'chat', id: '1', messages: [user('I am Ada')], thread: 'visit' });
  await ada.untilEnd();
  ada.close();
  later.send({ type: 'chat', id: '1', messages: [user('who am I?')], thread: 'visit' });
  await later.untilEnd();
  expect(askedOf(model)).toEqual(['I am Ada', 'Hello, how are you?', 'who am I?']);
  later.send({ type: 'reset', thread: 'visit' });
  expect(await later.next()).toEqual({ type: 'reset_complete', thread: 'visit' });
  later.send({ type: 'chat', id: '2', messages: [user('and now?')], thread: 'visit' });
  await later.untilEnd();
  expect(askedOf(model)).toEqual(['and now?']);
});

test('what was heard of a reply is what the model is told that it said [P-67]', async () => {
  const { v1, model } = await startTestServer();
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  client.send({ type: 'chat', id: '2', messages: [user('b')], heard: { id: '1', content: 'Hello, how' } });
  await client.untilEnd();
  expect(askedOf(model)).toEqual(['a', 'Hello, how', 'b']);
});

test.each([
  ['words of the assistant alone', () => ({ role: 'assistant', content: 'x'.repeat(1_000) })],
  [
    'pictures',
    () => ({
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(1_000)}` } }],
    }),
  ],
])('a thread stays within its limits however it is fed: %s [P-68]', async (_, message) => {
  const { v1, model } = await startTestServer({ turnLimits: { turns: 20, chars: 3_000 } });
  const guest = await v1({ headers: { origin: 'null' } });
  for (let turn = 0; turn < 10; turn += 1) {
    guest.send({ type: 'chat', id: String(turn), messages: [message()] });
    await guest.untilEnd();
  }
  expect(askedOf(model).length).toBeLessThanOrEqual(6);
});

test.each(['', 'Once'])(
  'what was heard (%j) changes the reply of its own connection, not one of the same id from another [P-172]',
  async (content) => {
    const { v1, model } = await startTestServer();
    const [ada, later] = await Promise.all([v1(), v1()]);
    model.script.push({ tokens: ['First reply'] }, { tokens: ['Second reply'] }, { tokens: ['Third'] });
    ada.send({ type: 'chat', id: '1', messages: [user('a')], thread: 'visit' });
    await ada.untilEnd();
    later.send({ type: 'chat', id: '1', messages: [user('b')], thread: 'visit' });
    await later.untilEnd();
    const heard = { id: '1', content };
    later.send({ type: 'chat', id: '2', messages: [user('c')], thread: 'visit', heard });
    await later.untilEnd();
    const said = model.requests[2]?.body.messages.map((message) => message.content);
    expect(said).toContain('First reply');
    expect(said).not.toContain('Second reply');
  },
);

test('one long reply does not empty a thread: the newest exchange goes to the model [P-170]', async () => {
  const { v1, plain, model } = await startTestServer({ turnLimits: { turns: 20, chars: 100 } });
  const long = 'x'.repeat(500);
  for (const client of [await v1(), await plain()]) {
    model.script.push({ tokens: [long] });
    client.send({ type: 'chat', id: '1', messages: [user('a')] });
    await client.untilEnd();
    client.send({ type: 'chat', id: '2', messages: [user('b')] });
    await client.untilEnd();
    expect(model.requests.at(-1)?.body.messages.map((message) => message.content)).toContain(long);
  }
});

test('an exchange larger than a request may be is too_large, and the thread goes on without it [P-171]', async () => {
  const { v1, plain, model } = await startTestServer({ limits: { list_bytes: 1_000 } });
  const result = { role: 'tool', tool_call_id: 'c', content: 'x'.repeat(600) };
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  client.send({ type: 'chat', id: '2', messages: [result] });
  await client.untilEnd();
  client.send({ type: 'chat', id: '3', messages: [result] });
  expect(await client.next()).toMatchObject({ type: 'error', id: '3', code: 'too_large' });
  client.send({ type: 'warm', id: '4', messages: [result] });
  expect(await client.next()).toMatchObject({ type: 'error', id: '4', code: 'too_large' });
  client.send({ type: 'chat', id: '5', messages: [user('b')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '5' });
  const asked = model.requests.length;
  const small = await plain();
  small.send({ type: 'chat', messages: [user('a')] });
  await small.untilEnd();
  for (const expected of ['complete', 'error', 'error']) {
    small.send({ type: 'chat', messages: [result] });
    expect((await small.untilEnd()).at(-1)?.type).toBe(expected);
  }
  expect(model.requests.length).toBe(asked + 2);
});
