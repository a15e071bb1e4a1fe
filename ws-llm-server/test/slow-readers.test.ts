/** A client that stops reading costs bounded memory and slows nobody: not the model, not the others. */
import { setImmediate as breathe } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Backend, BackendListener } from '../src/backend.ts';
import { startTestServer, user } from './test-server.ts';

/** Far more than the kernel takes on a connection's way. */
const manyTokens = Array.from({ length: 20_000 }, () => 'x'.repeat(1_000));

test.each([
  ['more waits than the cap', { buffered_bytes: 256 * 1024, stalled_ms: 60_000 }],
  ['it takes nothing for too long', { buffered_bytes: 64 * 1024 * 1024, stalled_ms: 100 }],
])(
  'a client that stops reading is closed with 1013 when %s, and its model is left alone [P-90] [P-91]',
  async (_, limits) => {
    const { plain, model } = await startTestServer({ limits: { ...limits, reply_chars: 1e9 } });
    model.fallback = { tokens: manyTokens };
    const client = await plain();
    client.socket.pause();
    client.send({ type: 'chat', messages: [user('a')] });
    const seen = await model.request(0);
    expect((await seen.closed).by).toBe('client');
    client.socket.resume();
    expect((await client.closed).code).toBe(1013);
  },
);

test('while one client does not read, its model goes on, others are answered, and nothing of it is lost [P-90]', async () => {
  const replies = 30;
  const { v1, model } = await startTestServer({
    limits: { buffered_bytes: 64 * 1024 * 1024, stalled_ms: 60_000, reply_chars: 1e9 },
  });
  model.fallback = { tokens: Array.from({ length: 500 }, () => 'x'.repeat(1_000)) };
  const stopped = await v1();
  stopped.socket.pause();
  for (let id = 0; id < replies; id += 1) {
    stopped.send({ type: 'chat', id: `r${id}`, mirror: { keep: 0 }, messages: [user('a')] });
  }
  for (let id = 0; id < replies; id += 1) {
    expect((await (await model.request(id)).closed).by).toBe('model');
  }
  model.script.push({ tokens: ['quick'] });
  const other = await v1();
  other.send({ type: 'chat', id: 'o', messages: [user('b')] });
  expect(await other.nextOf('delta')).toMatchObject({ id: 'o', content: 'quick' });

  const before = stopped.frames.length;
  stopped.socket.resume();
  for (let id = 0; id < replies; id += 1) await stopped.nextOf('complete');
  const got = stopped.frames.slice(before).filter(({ type }) => type === 'delta');
  expect(got.reduce((sum, { content }) => sum + String(content).length, 0)).toBe(replies * 500_000);
  // What waited came in fewer frames than the model had tokens.
  expect(got.length).toBeLessThan(replies * 500);
});

test('a reply that is cancelled while its text waits ends with what was sent, and remembers no more [P-28]', async () => {
  const { v1, model } = await startTestServer({
    limits: { buffered_bytes: 64 * 1024 * 1024, stalled_ms: 60_000, reply_chars: 1e9, list_bytes: 1e9 },
    turnLimits: { turns: 20, chars: 1e9 },
  });
  model.script.push({ tokens: manyTokens, failure: { type: 'silent', after: manyTokens.length } });
  const client = await v1();
  client.socket.pause();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  const seen = await model.request(0);
  while (seen.sent < manyTokens.length) await new Promise((resolve) => setTimeout(resolve, 5));
  client.send({ type: 'cancel', id: '1' });
  expect((await seen.closed).by).toBe('client');
  client.socket.resume();
  const end = await client.nextOf('complete');
  expect(end).toMatchObject({ finish_reason: 'cancelled' });
  const sent = client.frames.filter(({ type }) => type === 'delta').map(({ content }) => String(content));
  expect(sent.join('').length).toBeLessThan(manyTokens.length * 1_000);
  client.send({ type: 'chat', id: '2', messages: [user('b')] });
  const { body } = await model.request(1);
  expect(body.messages[2]?.content).toHaveLength(sent.join('').length);
});

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What this process holds on to, in bytes; the server is in it, and the clients that have stopped hold nothing. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const replyBytes = 256 * 1024;

/** Each reply is another one, so that none stands for all of them in memory. */
class TalkativeBackend implements Backend {
  readonly name = 'talkative';
  readonly model = 'm';
  replies = 0;

  async reply(_: unknown, { onEvent }: BackendListener): Promise<void> {
    await breathe();
    this.replies += 1;
    onEvent({ type: 'text', text: String(this.replies).padEnd(replyBytes, 'x') });
    onEvent({ type: 'finish', reason: 'stop' });
  }
}

test('readers that stop cost no more memory than their cap and a little, however much is said to them [P-90]', async () => {
  const [readers, rounds] = [4, 60];
  const cap = 1024 * 1024;
  const backend = new TalkativeBackend();
  const { v1 } = await startTestServer({
    backend: () => backend,
    limits: { buffered_bytes: cap, stalled_ms: 60_000, reply_chars: replyBytes },
  });
  const stopped = await Promise.all(Array.from({ length: readers }, () => v1()));
  for (const { socket } of stopped) socket.pause();
  const before = heldBytes();
  let most = 0;
  for (let asked = 0; asked < rounds; asked += 1) {
    const told = backend.replies;
    for (const client of stopped)
      client.send({ type: 'chat', id: `${asked}`, messages: [user('a')], mirror: { keep: 0 } });
    // Those who were let go get no more replies.
    for (let turns = 0; turns < 20 && backend.replies < told + readers; turns += 1) await breathe();
    if (asked % 6 === 5) most = Math.max(most, heldBytes() - before);
  }
  const heldPerReader = most / readers;
  // All were let go, so for each of them more was said than may wait.
  expect(backend.replies).toBeLessThan(readers * rounds);
  expect(heldPerReader).toBeLessThan(cap + 1024 * 1024);
});
