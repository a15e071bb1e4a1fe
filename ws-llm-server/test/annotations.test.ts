/** How a reply feels is told after it, where it was asked for, and never stands in the way of anything. */
import { expect, test } from 'vitest';
import { startTestServer, testPersona, user } from './test-server.ts';

const feeling = { persona: { ...testPersona, emotions: ['happy', 'sad'] } };
const ask = { type: 'chat', messages: [user('a')], annotate: ['emotion'] };

test('a word of the list comes after the end, naming the reply [P-145]', async () => {
  const { v1, model } = await startTestServer(feeling);
  model.script.push({ tokens: ['How nice!'] }, { tokens: [' Happy.'] });
  const client = await v1();
  client.send({ ...ask, id: '1' });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
  expect(await client.next()).toEqual({ type: 'annotation', reply: '1', emotion: 'happy' });
});

test('nothing is asked for a persona without a list, a request that does not want it, or a reply that was cancelled [P-146]', async () => {
  const { v1, model } = await startTestServer(feeling);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  model.script.push({ tokens: ['a', 'b'], tokenMs: 10_000 });
  client.send({ ...ask, id: '2' });
  await client.nextOf('delta');
  client.send({ type: 'cancel', id: '2' });
  await client.untilEnd();
  const { v1: other, model: otherModel } = await startTestServer();
  const plainly = await other();
  plainly.send({ ...ask, id: '1' });
  await plainly.untilEnd();
  for (const each of [client, plainly]) {
    each.send({ type: 'ping' });
    expect(await each.next()).toEqual({ type: 'pong' });
  }
  expect([model.requests.length, otherModel.requests.length]).toEqual([2, 1]);
});

test('the next request of the conversation stops it, and others do not [P-147]', async () => {
  const { v1, model } = await startTestServer(feeling);
  model.script.push({ tokens: ['a'] }, { tokens: ['happy'], failure: { type: 'silent', after: 0 } });
  const client = await v1();
  client.send({ ...ask, id: '1' });
  await client.untilEnd();
  const question = await model.request(1);
  client.send({ type: 'chat', id: '2', mirror: { keep: 0 }, messages: [user('elsewhere')] });
  await client.untilEnd();
  expect(model.open).toBe(1);
  client.send({ type: 'chat', id: '3', messages: [user('b')] });
  expect((await question.closed).by).toBe('client');
  await client.nextOf('complete');
  expect(client.frames.map(({ type }) => type)).not.toContain('annotation');
});

test('a model that answers nonsense, or fails, is not told', async () => {
  const { v1, model } = await startTestServer(feeling);
  model.script.push({ tokens: ['a'] }, { tokens: ['purple'] });
  const client = await v1();
  client.send({ ...ask, id: '1' });
  await client.untilEnd();
  expect((await (await model.request(1)).closed).by).toBe('model');
  model.script.push({ tokens: ['a'] }, { tokens: [], failure: { type: 'status', status: 500 } });
  client.send({ ...ask, id: '2', mirror: { keep: 0 } });
  await client.untilEnd();
  await (
    await model.request(3)
  ).closed;
  client.send({ type: 'ping' });
  expect(await client.next()).toEqual({ type: 'pong' });
});

test('the end of the connection stops it', async () => {
  const { v1, model } = await startTestServer(feeling);
  model.script.push({ tokens: ['a'] }, { tokens: ['happy'], failure: { type: 'silent', after: 0 } });
  const client = await v1();
  client.send({ ...ask, id: '1' });
  await client.untilEnd();
  const question = await model.request(1);
  client.close();
  expect((await question.closed).by).toBe('client');
});

test('questions about replies count as requests, so a client cannot have more of them than requests', async () => {
  const { v1, model } = await startTestServer({ ...feeling, limits: { open_requests: 4 } });
  model.fallback = { tokens: ['happy'], failure: { type: 'silent', after: 0 } };
  const client = await v1();
  for (let id = 1; id <= 8; id += 1) {
    model.script.push({ tokens: ['a'] });
    client.send({ ...ask, id: `${id}`, mirror: { keep: 0 } });
    await client.untilEnd();
    // Past the bound nothing is asked.
    if (id <= 4) await model.request(2 * id - 1);
  }
  client.send({ type: 'ping' });
  await client.nextOf('pong');
  expect(model.open).toBe(4);
});

test('nothing is asked about a reply that ends while the server stops', async () => {
  const { v1, model, stop } = await startTestServer(feeling);
  model.script.push({ tokens: ['a', 'b'], tokenMs: 100 });
  const client = await v1();
  client.send({ ...ask, id: '1' });
  await client.nextOf('delta');
  const stopped = stop(5_000);
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', finish_reason: 'stop' });
  await stopped;
  expect(model.requests.length).toBe(1);
});
