/** `warm` has the model read what the next chat begins with, ends exactly once, and leaves no trace. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type Backend, BackendError, type BackendListener, type BackendRequest } from '../src/backend.ts';
import { DemoBackend } from '../src/backends/demo-backend.ts';
import { startTestServer, user } from './test-server.ts';

/** Notes what it was warmed with; warm as soon as the test says. */
class ColdBackend implements Backend {
  readonly name = 'cold';
  readonly model = 'm';
  readonly warmed: BackendRequest[] = [];
  readonly asked: BackendRequest[] = [];
  aborted = 0;
  warmUp: () => Promise<number> = () => Promise.resolve(12);

  async reply(request: BackendRequest, { onEvent }: BackendListener): Promise<void> {
    this.asked.push(request);
    await Promise.resolve();
    onEvent({ type: 'text', text: 'hi' });
    onEvent({ type: 'finish', reason: 'stop' });
  }

  async warm(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): Promise<{ prefilledTokens: number }> {
    this.warmed.push(request);
    const aborted = once(signal, 'abort').then(() => {
      this.aborted += 1;
      throw new Error('aborted');
    });
    return { prefilledTokens: await Promise.race([this.warmUp(), aborted]) };
  }
}

async function startCold(options: Parameters<typeof startTestServer>[0] = {}) {
  const backend = new ColdBackend();
  return { backend, ...(await startTestServer({ ...options, backend: () => backend })) };
}

const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];

test('warm tells what was prefilled, and the next chat begins with just that [P-137] [P-138]', async () => {
  const { backend, v1 } = await startCold();
  const client = await v1();
  const stable = { instructions: 'Be brief.', tools };
  client.send({ type: 'warm', id: 'w', messages: [], ...stable });
  expect(await client.next()).toMatchObject({ type: 'warmed', id: 'w', prefilled_tokens: 12, timing: {} });
  client.send({ type: 'chat', id: '1', messages: [user('a')], ...stable });
  await client.untilEnd();
  const [warmed, asked] = [backend.warmed[0], backend.asked[0]];
  expect(asked?.messages.slice(0, warmed?.messages.length)).toEqual(warmed?.messages);
  expect(asked?.tools).toEqual(warmed?.tools);
});

test('on a thread it reads what the thread remembers, waits for nobody, and is not remembered [P-140]', async () => {
  const { backend, v1 } = await startCold();
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  client.send({ type: 'warm', id: 'w', messages: [user('b')] });
  await client.nextOf('warmed');
  expect(backend.warmed[0]?.messages.slice(1).map(({ content }) => content)).toEqual(['a', 'hi', 'b']);
  client.send({ type: 'chat', id: '2', messages: [user('c')] });
  await client.untilEnd();
  expect(backend.asked[1]?.messages.slice(1).map(({ content }) => content)).toEqual(['a', 'hi', 'c']);
});

test('it sets a mirror as a chat does [P-139]', async () => {
  const { backend, v1 } = await startCold();
  const client = await v1();
  client.send({
    type: 'warm',
    id: 'w',
    mirror: { key: 'm', keep: 0 },
    messages: [user('a'), user('b')],
    tools,
  });
  await client.nextOf('warmed');
  client.send({ type: 'chat', id: '1', mirror: { key: 'm', base: 'w', keep: 1 }, messages: [user('c')] });
  await client.untilEnd();
  expect(backend.asked[0]?.messages.slice(1).map(({ content }) => content)).toEqual(['a', 'c']);
  expect(backend.asked[0]?.tools).toEqual(backend.warmed[0]?.tools);
});

test('a cancel, a deadline and the end of the connection each end it once, and the model is let go [P-137]', async () => {
  const { backend, v1 } = await startCold();
  backend.warmUp = () => new Promise(() => undefined);
  const client = await v1();
  client.send({ type: 'warm', id: 'w1', messages: [] });
  client.send({ type: 'cancel', id: 'w1' });
  expect(await client.next()).toMatchObject({ type: 'complete', id: 'w1', finish_reason: 'cancelled' });
  client.send({ type: 'warm', id: 'w2', messages: [], deadlines: { total_ms: 20 } });
  expect(await client.next()).toMatchObject({ type: 'error', id: 'w2', code: 'backend_timeout' });
  client.send({ type: 'warm', id: 'w3', messages: [] });
  client.send({ type: 'ping' });
  await client.nextOf('pong');
  client.close();
  await client.closed;
  await expect.poll(() => backend.aborted).toBe(3);
  expect(client.frames.filter(({ id }) => id !== undefined).length).toBe(2);
});

test('of its deadlines only the total one counts: nobody waits for a first word [P-162]', async () => {
  const { backend, v1 } = await startCold();
  backend.warmUp = () => new Promise((resolve) => setTimeout(() => resolve(1), 60));
  const client = await v1();
  client.send({ type: 'warm', id: 'w1', messages: [], deadlines: { first_token_ms: 5, idle_ms: 5 } });
  expect(await client.next()).toMatchObject({ type: 'warmed', id: 'w1' });
  client.send({ type: 'warm', id: 'w2', messages: [user('b')], deadlines: { total_ms: 5 } });
  expect(await client.next()).toMatchObject({ type: 'error', id: 'w2', code: 'backend_timeout' });
});

test('a model that cannot be warmed is an error in its own words [P-137]', async () => {
  const { backend, v1 } = await startCold();
  backend.warmUp = () =>
    Promise.reject(new BackendError('backend_unavailable', 'nobody there', { retryable: true }));
  const client = await v1();
  client.send({ type: 'warm', id: 'w', messages: [] });
  expect(await client.next()).toMatchObject({
    type: 'error',
    id: 'w',
    code: 'backend_unavailable',
    message: 'nobody there',
  });
});

test('a backend that has nothing to warm is warm', async () => {
  const { v1 } = await startTestServer({
    backend: () => {
      const demo = new DemoBackend();
      return {
        name: demo.name,
        model: demo.model,
        reply: (request, listener) => demo.reply(request, listener),
      };
    },
  });
  const client = await v1();
  client.send({ type: 'warm', id: 'w', messages: [] });
  expect(await client.next()).toMatchObject({ type: 'warmed', id: 'w' });
});

test('it counts as an open request, and guests have none of it [P-86] [P-120]', async () => {
  const { backend, v1 } = await startCold({ limits: { open_requests: 1 } });
  backend.warmUp = () => new Promise(() => undefined);
  const client = await v1();
  client.send({ type: 'warm', id: 'w', messages: [] });
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  expect(await client.next()).toMatchObject({ type: 'error', id: '1', code: 'overloaded' });
  const guest = await v1({ origin: 'null' });
  guest.send({ type: 'warm', id: 'w', messages: [] });
  expect(await guest.next()).toMatchObject({ type: 'error', id: 'w', code: 'unauthorized' });
});
