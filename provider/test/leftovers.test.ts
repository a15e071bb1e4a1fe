// A reply leaves nothing behind, and neither does an LLM. A file of its own: what others of the same process left would hide it.
import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ask, connected, quick, serve, textsOf, watch } from './harness.ts';

test('no timer outlives a reply, however it ended', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const server = await serve({
    onChat: (chat) => {
      chat.delta('Well,');
      if (chat.number % 3 === 1) chat.complete();
      if (chat.number % 3 === 2) chat.error('internal');
    },
  });
  const model = await connected(server);
  const before = timers();
  for (let turn = 0; turn < 9; turn += 1) {
    const { metrics } = watch(model);
    const stream = model.chat({ chatCtx: ask(), connOptions: { ...quick, timeoutMs: 60_000 } });
    if (turn % 3 === 2) {
      await stream.next();
      stream.close();
    } else await textsOf(stream);
    await metrics;
  }
  // Whatever else runs in this process may still have one for a moment; those of a reply would stay for a minute.
  await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(before), { timeout: 5_000 });
});

test('no listener outlives a reply, however it ended', async () => {
  const server = await serve({
    onChat: (chat) => {
      chat.delta('Well,');
      if (chat.number % 2 === 1) chat.answer();
    },
  });
  const model = await connected(server);
  /** Of the signal by which a stream is aborted, and of the LLM. */
  const listeners = (stream: object): number => {
    const { signal } = Reflect.get(stream, 'abortController') as AbortController;
    const ofModel = (['error', 'metrics_collected'] as const).map((event) => model.listenerCount(event));
    return getEventListeners(signal, 'abort').length + ofModel.reduce((sum, count) => sum + count, 0);
  };
  const counts = new Set<number>();
  for (let turn = 0; turn < 20; turn += 1) {
    const ended = new Promise<void>((resolve) => model.once('metrics_collected', () => resolve()));
    const stream = model.chat({ chatCtx: ask(), connOptions: quick });
    const during = listeners(stream);
    await stream.next();
    if (turn % 2 === 1) stream.close();
    else await textsOf(stream);
    await ended;
    // One for the abort, and this test's own.
    counts.add(during - listeners(stream));
  }
  expect(counts).toEqual(new Set([2]));
});

test('an LLM that nobody holds any more closes its socket', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const server = await serve({ onChat: (chat) => chat.answer('Hi.') });
  // A function of its own, so that nothing of it is left on the stack.
  const askAndForget = async (): Promise<void> => {
    const model = new WebSocketLLM({ url: server.url });
    model.prewarm();
    await model.chat({ chatCtx: ask() }).collect();
  };
  await askAndForget();
  const code = new Promise((resolve) => server.chats[0]?.socket.once('close', resolve));
  const collecting = setInterval(collectGarbage, 50);
  onTestFinished(() => clearInterval(collecting));
  expect(await code).toBe(1000);
});
