/** A fault of the server itself costs one request or one connection, never another's, and tells nobody its details. */
import { expect, test } from 'vitest';
import type { Backend, BackendListener, BackendRequest } from '../src/backend.ts';
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

test('a fault in a frame closes its connection with 1011, and the others go on [P-110]', async () => {
  const backend = new FaultyBackend();
  const { v1 } = await startTestServer({ backend: () => backend });
  const [client, other] = [await v1(), await v1()];
  client.send({ type: 'chat', id: '1', messages: [user('hang')] });
  await client.nextOf('delta');
  backend.broken = true;
  client.send({ type: 'cancel', id: '1' });
  const { code, reason } = await client.closed;
  expect(code).toBe(1011);
  expect(reason).not.toContain('secret');
  backend.broken = false;
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
