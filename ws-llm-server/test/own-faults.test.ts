/** A fault of the server itself costs one request or one connection, never another's, and tells nobody its details. */
import { expect, test } from 'vitest';
import type { Backend, BackendListener, BackendRequest } from '../src/backend.ts';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { startTestServer, user } from './test-server.ts';

class FaultyBackend implements Backend {
  readonly name = 'faulty';
  broken = false;

  get model(): string {
    if (this.broken) throw new Error('secret of 10.0.0.7');
    return 'm';
  }

  async reply({ messages }: BackendRequest, { onEvent }: BackendListener): Promise<void> {
    await Promise.resolve();
    if (messages.at(-1)?.content === 'fail') throw new Error('secret of 10.0.0.7');
    onEvent({ type: 'text', text: 'fine' });
    if (messages.at(-1)?.content === 'hang') await new Promise(() => undefined);
    this.broken ||= messages.at(-1)?.content === 'break';
    onEvent({ type: 'finish', reason: 'stop' });
  }
}

test('a fault in a request is internal, in words that give nothing away, and the connection stays [P-100]', async () => {
  const { v1 } = await startTestServer({ backend: () => new FaultyBackend() });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('fail')] });
  const error = await client.next();
  expect(error).toMatchObject({ type: 'error', id: '1', code: 'internal', retryable: true });
  expect(error['message']).not.toContain('secret');
  client.send({ type: 'chat', id: '2', messages: [user('hi')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '2' });
});

/** Fails wherever a request fails or a frame is odd, as a log whose disk is full may. */
const failingLogger = {
  debug: fail,
  info() {},
  warn: fail,
  error: fail,
};

function fail(): never {
  throw new Error('secret of 10.0.0.7');
}

test('a fault in a frame closes its connection with 1011, and the others go on [P-110]', async () => {
  const { v1 } = await startTestServer({ backend: () => new FaultyBackend(), logger: failingLogger });
  const [client, other] = [await v1(), await v1()];
  client.send({ type: 'dance' });
  const { code, reason } = await client.closed;
  expect(code).toBe(1011);
  expect(reason).not.toContain('secret');
  other.send({ type: 'chat', id: '1', messages: [user('hi')] });
  expect((await other.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test('a fault at the end of a reply is its end, and the conversation goes on', async () => {
  const backend = new FaultyBackend();
  const { v1 } = await startTestServer({ backend: () => backend });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('break')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'error', id: '1', code: 'internal' });
  backend.broken = false;
  client.send({ type: 'chat', id: '2', messages: [user('hi')] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '2' });
});

/** Fails the way that `fault` says, and is asked by several connections. */
class TimedBackend implements Backend {
  readonly name = 'timed';
  readonly model = 'm';
  isBroken = false;

  takesTools(): boolean {
    if (this.isBroken) throw new Error('secret of 10.0.0.7');
    return true;
  }

  async reply({ messages }: BackendRequest, { signal, onEvent }: BackendListener): Promise<void> {
    onEvent({ type: 'text', text: 'fine' });
    if (messages.at(-1)?.content === 'hang')
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    else onEvent({ type: 'finish', reason: 'stop' });
  }
}

test('a fault while a client connects closes that socket with 1011, and the others go on [P-110]', async () => {
  const backend = new TimedBackend();
  const { url, v1 } = await startTestServer({ backend: () => backend });
  const other = await v1();
  backend.isBroken = true;
  const client = await TestSocket.open(url, ['ws-llm.v1']);
  expect((await client.closed).code).toBe(1011);
  backend.isBroken = false;
  other.send({ type: 'chat', id: '1', messages: [user('hi')] });
  expect((await other.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test('a fault in a timer, at the deadline of a reply, costs its connection and no other [P-110]', async () => {
  const { v1 } = await startTestServer({ backend: () => new TimedBackend(), logger: failingLogger });
  const [client, other] = [await v1(), await v1()];
  client.send({ type: 'chat', id: '1', messages: [user('hang')], deadlines: { idle_ms: 20 } });
  expect((await client.closed).code).toBe(1011);
  other.send({ type: 'chat', id: '1', messages: [user('hi')] });
  expect((await other.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});

test('whoever waits on a thread is served after a fault in the turn of another connection', async () => {
  const { v1 } = await startTestServer({ backend: () => new TimedBackend(), logger: failingLogger });
  const [client, other] = [await v1(), await v1()];
  const thread = 'shared';
  client.send({ type: 'chat', id: '1', messages: [user('hang')], thread, deadlines: { idle_ms: 50 } });
  await client.nextOf('delta');
  other.send({ type: 'chat', id: '1', messages: [user('hi')], thread });
  expect((await client.closed).code).toBe(1011);
  expect((await other.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
});
