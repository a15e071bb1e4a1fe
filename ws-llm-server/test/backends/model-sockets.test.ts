/** Sockets to a model that nothing uses are bounded, however many requests ran at once. */
import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { setModelSocketLimit } from '../../src/backends/model-sockets.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect } from './collect.ts';
import { startRawModel } from './raw-model.ts';

const reply = 'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

test.each([
  [64, 100],
  [4, 30],
])('of sockets to one model %i stay open after %i replies at once', async (limit, replies) => {
  if (limit !== 64) setModelSocketLimit(limit);
  onTestFinished(() => setModelSocketLimit(64));
  const waiting: ServerResponse[] = [];
  const model = await startRawModel((response) => {
    waiting.push(response);
    if (waiting.length === replies) for (const one of waiting) one.end(reply);
  });
  const backend = new OpenAIBackend({ apiKey: '', baseUrl: model.url, model: 'm' });
  for (let round = 0; round < 2; round += 1) {
    waiting.length = 0;
    await Promise.all(Array.from({ length: replies }, () => collect(backend)));
    await expect.poll(() => model.connections.open).toBeLessThanOrEqual(limit);
  }
  // They are kept as far as they may.
  expect(model.connections.open).toBe(limit);
});

test('a limit that is none is refused', () => {
  for (const limit of [0, -1, 1.5, NaN, Infinity])
    expect(() => setModelSocketLimit(limit)).toThrow(RangeError);
});
