/** A cancel stops the real model, not only its text: the processors that it runs on are free within a second of a cancel in the middle. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { TestSocket } from '../stand-ins/test-socket.ts';
import { ollamaBackend } from './parts/backend-environment.ts';
import { locateParts } from './parts/locate-parts.ts';
import { type RunningOllama, startOllama } from './parts/ollama.ts';
import { type OurServer, startOurServer } from './parts/our-server.ts';
import { childrenProcessorMs, runsOnForMs } from './parts/processor-time.ts';

let ollama: RunningOllama;
let server: OurServer;

beforeAll(async () => {
  ollama = await startOllama(locateParts().ollama);
  server = await startOurServer(ollamaBackend(ollama.url));
  const client = await server.connect();
  client.send({ type: 'chat', id: 'load', messages: [user('Hello')], params: { max_tokens: 3 } });
  const end = (await client.untilEnd()).at(-1);
  if (end?.type !== 'complete') throw new Error(`the model could not be loaded: ${JSON.stringify(end)}`);
  client.close();
});
afterAll(async () => {
  await server?.stop();
  await ollama?.stop();
});

function user(content: string): object {
  return { role: 'user', content };
}

/** Resolves when the model has used so much of the processors; rejects where the request has ended by then. */
async function works(client: TestSocket, forMs: number): Promise<void> {
  const before = childrenProcessorMs(ollama.pid);
  while (childrenProcessorMs(ollama.pid) - before < forMs) {
    const end = client.frames.find(({ type }) => type === 'complete' || type === 'error');
    if (end !== undefined) throw new Error(`it ended by itself: ${JSON.stringify(end)}`);
    await pause(20);
  }
}

test('within a second of a cancel in the middle of a reply the model uses no more of the processors', async () => {
  const client = await server.connect();
  onTestFinished(() => client.close());
  client.send({
    type: 'chat',
    id: '1',
    messages: [user('Tell me everything about sleep, in a very long story.')],
    // It stops at nothing else.
    params: { max_tokens: 3_000, stop: [], temperature: 1.5, seed: 1 },
  });
  await client.nextOf('delta');
  await works(client, 1_000);
  const cancelledAt = performance.now();
  client.send({ type: 'cancel', id: '1' });
  expect(await client.nextOf('complete')).toMatchObject({
    id: '1',
    finish_reason: 'cancelled',
    usage: { estimated: true },
  });
  const acknowledgedMs = performance.now() - cancelledAt;
  const ranOnMs = await runsOnForMs(ollama.pid, { sinceMs: cancelledAt, quietMs: 1_500, deadlineMs: 20_000 });
  console.log(
    `acknowledged after ${Math.round(acknowledgedMs)} ms; the model ran on for ${Math.round(ranOnMs)} ms`,
  );
  expect(ranOnMs).toBeLessThan(1_000);
});

test(
  'how long the model reads on after a cancel before its first token is told here, and it ends',
  { timeout: 300_000 },
  async () => {
    const client = await server.connect();
    onTestFinished(() => client.close());
    // Nothing of it was read before, so nothing of it is in the model's cache.
    const words = Array.from({ length: 300 }, (_, index) => `word${index * 7}`).join(' ');
    client.send({ type: 'chat', id: '1', messages: [user(words)] });
    await works(client, 700);
    const cancelledAt = performance.now();
    client.send({ type: 'cancel', id: '1' });
    const frames = await client.untilEnd();
    // It was still reading.
    expect(frames).toMatchObject([{ type: 'complete', id: '1', finish_reason: 'cancelled' }]);
    const ranOnMs = await runsOnForMs(ollama.pid, {
      sinceMs: cancelledAt,
      quietMs: 1_500,
      deadlineMs: 200_000,
    });
    console.log(`the model read on for ${Math.round(ranOnMs)} ms after a cancel in the middle of its prompt`);
    expect(ranOnMs).toBeLessThan(Infinity);
  },
);
