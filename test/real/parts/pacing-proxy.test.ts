/** Proves that the proxy in front of a real Ollama paces, holds, closes and remembers as the other real tests rely on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPacingProxy, type PacingProxy } from '../../stand-ins/pacing-proxy/pacing-proxy.ts';
import { locateParts } from './locate-parts.ts';
import { startOllama, type RunningOllama } from './ollama.ts';

describe('the pacing proxy in front of Ollama', () => {
  const { ollama: location, model } = locateParts();
  let ollama: RunningOllama;
  let proxy: PacingProxy;
  beforeAll(async () => {
    ollama = await startOllama(location);
    proxy = await startPacingProxy({ target: ollama.url, brake: ollama.brake });
    await readLines(await chat(proxy, model, 1));
  });
  afterAll(async () => {
    await proxy.close();
    await ollama.stop();
  });

  test('passes everything else through', async () => {
    const response = await fetch(`${proxy.url}/api/tags`);
    expect(await response.json()).toMatchObject({ models: [{ name: model }] });
    const missing = await fetch(`${proxy.url}/api/show`, { method: 'POST', body: '{"model":"none"}' });
    expect(missing.status).toBe(404);
  });

  test('leaves a reply untouched unless told otherwise', async () => {
    const lines = await readLines(await chat(proxy, model, 30));
    const record = proxy.requests.at(-1)!;
    expect(lines.at(-1)).toMatchObject({ done: true });
    expect(record).toMatchObject({ linesDelivered: lines.length, abandonedAt: undefined, body: { model } });
    expect(record.modelFinishedAt).toBeDefined();
    expect(proxy.openRequests).toBe(0);
  });

  test('lets lines through at the pace it is told, while the model itself is held, and at another at once', async () => {
    proxy.linesPerSecond = 5;
    const tokens = 120;
    const reading = readLines(await chat(proxy, model, tokens));
    const record = proxy.requests.at(-1)!;
    const delivered = (lines: number) =>
      expect
        .poll(() => record.linesDelivered, { timeout: 20_000, interval: 10 })
        .toBeGreaterThanOrEqual(lines);
    await delivered(3);
    const startedAt = performance.now();
    await delivered(13);
    expect(performance.now() - startedAt).toBeGreaterThan(1800);
    expect(record.linesFromModel - record.linesDelivered).toBeLessThan(12);
    expect(record.modelFinishedAt).toBeUndefined();
    expect(proxy.openRequests).toBe(1);
    proxy.linesPerSecond = undefined;
    const releasedAt = performance.now();
    expect(await reading).toHaveLength(record.linesFromModel);
    expect(performance.now() - releasedAt).toBeLessThan(((tokens - 14) / 5) * 1000 * 0.7);
  });

  test('closes the request to the model when the client closes, and knows that the model had not finished', async () => {
    proxy.linesPerSecond = 5;
    const abort = new AbortController();
    const response = await chat(proxy, model, 400, abort.signal);
    const record = proxy.requests.at(-1)!;
    await expect.poll(() => record.linesDelivered, { timeout: 10_000 }).toBeGreaterThan(3);
    expect(proxy.openRequests).toBe(1);
    const abortedAt = Date.now();
    abort.abort();
    await expect.poll(() => record.abandonedAt).toBeDefined();
    expect(record.abandonedAt! - abortedAt).toBeLessThan(50);
    expect(record.modelFinishedAt).toBeUndefined();
    expect(record.deliveredAt).toBeUndefined();
    expect(proxy.openRequests).toBe(0);
    await expect(response.text()).rejects.toThrow();
    proxy.linesPerSecond = undefined;
    // A model that were still at work on the 400 tokens would make this one wait for its turn.
    const startedAt = performance.now();
    await readLines(await chat(proxy, model, 1));
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

function chat(proxy: PacingProxy, model: string, tokens: number, signal?: AbortSignal): Promise<Response> {
  const messages = [{ role: 'user', content: 'Tell me a long story about the sea.' }];
  return fetch(`${proxy.url}/api/chat`, {
    method: 'POST',
    body: JSON.stringify({ model, messages, options: { num_predict: tokens, temperature: 0 } }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function readLines(response: Response): Promise<unknown[]> {
  expect(response.status).toBe(200);
  const text = await response.text();
  return text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}
