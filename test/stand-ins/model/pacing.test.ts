/** The fake model keeps its time: tokens leave when they are due and never drift, and the end of a request is noted when it comes. */
import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { TestSocket } from '../test-socket.ts';
import { FakeModel, type SeenRequest } from './fake-model.ts';

const ways = ['openai', 'ollama', 'responses', 'responses-socket'] as const;
type Way = (typeof ways)[number];

async function startModel(): Promise<FakeModel> {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  return model;
}

/** Asks, takes what comes without looking at it, and can leave at once. */
async function ask(model: FakeModel, way: Way): Promise<() => void> {
  if (way === 'responses-socket') {
    const socket = await TestSocket.open(`${model.openAIBaseUrl.replace('http', 'ws')}/responses`);
    socket.send({ type: 'response.create', input: [] });
    return () => socket.socket.terminate();
  }
  const path = { openai: '/v1/chat/completions', ollama: '/api/chat', responses: '/v1/responses' }[way];
  const request = httpRequest(`${model.ollamaHost}${path}`, { method: 'POST' });
  request.on('error', () => undefined); // The model sees the end.
  request.on('response', (response) => response.resume().on('error', () => undefined));
  request.end('{}');
  await once(request, 'response');
  return () => request.destroy();
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? NaN;
}

function lateness(
  seen: SeenRequest,
  { firstTokenMs, tokenMs }: { firstTokenMs: number; tokenMs: number },
): number[] {
  return seen.sentAt.map((at, token) => at - seen.arrivedAt - firstTokenMs - token * tokenMs);
}

test.for(ways)('%s: each of 20 voices gets its tokens when they are due', async (way, { annotate }) => {
  const model = await startModel();
  const pace = { firstTokenMs: 30, tokenMs: 5 };
  model.fallback = { tokens: Array.from({ length: 100 }, () => 'word '), ...pace };
  for (let voice = 0; voice < 20; voice += 1) await ask(model, way);
  await model.request(19);
  await Promise.all(model.requests.map(({ closed }) => closed));
  const late = model.requests.flatMap((seen) => lateness(seen, pace));
  expect(late).toHaveLength(2_000);
  await annotate(
    `late by ${quantile(late, 0.5).toFixed(2)} ms p50, ${quantile(late, 0.99).toFixed(2)} ms p99`,
  );
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  // A drift of half a millisecond a token would be 25 here. A busy machine stalls a whole process for a tenth of a second at times.
  expect(quantile(late, 0.5)).toBeLessThan(15);
  expect(quantile(late, 0.99)).toBeLessThan(400);
});

test('what was late once is not late for ever', async () => {
  const model = await startModel();
  const pace = { firstTokenMs: 20, tokenMs: 5 };
  model.fallback = { tokens: Array.from({ length: 80 }, () => 'word '), ...pace };
  await ask(model, 'openai');
  const seen = await model.request(0);
  await pause(60);
  const blockedUntil = performance.now() + 120;
  while (performance.now() < blockedUntil);
  await seen.closed;
  const late = lateness(seen, pace);
  expect(Math.max(...late)).toBeGreaterThan(100);
  expect(Math.min(...late.slice(-20))).toBeLessThan(60);
});

test('reasoning takes its time as text does', async () => {
  const model = await startModel();
  model.fallback = { reasoning: ['a', 'b', 'c'], tokens: ['d'], tokenMs: 20 };
  await ask(model, 'openai');
  const seen = await model.request(0);
  await seen.closed;
  expect((seen.sentAt[0] ?? 0) - seen.arrivedAt).toBeGreaterThanOrEqual(60);
});

test.for(ways)('%s: a client that leaves is noted within a millisecond', async (way, { annotate }) => {
  const model = await startModel();
  model.fallback = { tokens: ['a'], failure: { type: 'silent', after: 1 } };
  const took: number[] = [];
  for (let index = 0; index < 50; index += 1) {
    const leave = await ask(model, way);
    const seen = await model.request(index);
    const leftAt = performance.now();
    leave();
    const { by, at } = await seen.closed;
    expect(by).toBe('client');
    took.push(at - leftAt);
  }
  expect(model.open).toBe(0);
  await annotate(
    `noted after ${quantile(took, 0.5).toFixed(2)} ms p50, ${quantile(took, 0.99).toFixed(2)} ms p99`,
  );
  // The better half of it, because a busy machine is late for other reasons.
  expect(quantile(took, 0.25)).toBeLessThan(1);
  expect(quantile(took, 0.99)).toBeLessThan(400);
});
