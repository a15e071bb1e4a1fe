/**
 * A model server that says too much: every accumulation ends at its limit, in words, and its
 * request is closed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Backend, BackendEvent } from '../../src/backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect, failureOf } from './collect.ts';
import { pour, startRawModel } from './raw-model.ts';

const mebibyte = 1024 * 1024;
type Make = (url: string) => Backend;
const openai: Make = (url) => new OpenAIBackend({ apiKey: '', baseUrl: url, model: 'm' });
const ollama: Make = (url) => new OllamaBackend({ host: url, model: 'm' });
const piece = (args: string): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: args } }] } }] })}\n\n`;

test.each([
  ['openai', openai],
  ['ollama', ollama],
] as const)('%s: of an error body without an end the beginning is read', async (_, make) => {
  const model = await startRawModel((response) => {
    response.writeHead(500);
    void pour(response, 'the model is on fire\n', 64 * mebibyte);
  });
  const failed = collect(make(model.url));
  await expect(failed).rejects.toMatchObject({ code: 'backend_unavailable' });
  expect((await failureOf(failed)).length).toBeLessThan(400);
  await model.closed(0);
  expect(model.sent()).toBeLessThan(8 * mebibyte);
});

test.each([
  ['openai', 'an event', openai, 'data: x\n', /sent an event of more than 1,048,576 characters/],
  [
    'openai',
    'the arguments of a call',
    openai,
    piece('x'.repeat(1_000)),
    /tool calls of more than 1,048,576 characters/,
  ],
  ['openai', 'a line', openai, 'x', /sent a line of more than 16,777,216 characters/],
  ['ollama', 'a line', ollama, 'x', /sent a line of more than 16,777,216 characters/],
  [
    'ollama',
    'the arguments of calls',
    ollama,
    `${JSON.stringify({ message: { tool_calls: [{ function: { name: 'f', arguments: { a: 'x'.repeat(60_000) } } }] } })}\n`,
    /tool calls of more than 1,048,576 characters/,
  ],
  [
    'ollama',
    'the number of calls',
    ollama,
    `${JSON.stringify({ message: { tool_calls: [{ function: { name: 'f', arguments: {} } }] } })}\n`,
    /sent a reply of more than 128 tool calls/,
  ],
])(
  '%s: %s without an end is closed at its limit, and not asked for again',
  async (_, _what, make, unit, words) => {
    const model = await startRawModel((response) => {
      response.writeHead(200);
      void pour(response, unit, 64 * mebibyte);
    });
    const failed = collect(make(model.url));
    await expect(failed).rejects.toMatchObject({ code: 'backend_failed', retryable: false });
    expect(await failureOf(failed)).toMatch(words);
    await model.closed(0);
    expect(model.sent()).toBeLessThan(24 * mebibyte);
  },
);

test('20,000 calls in one reply are none: it fails', async () => {
  const model = await startRawModel((response) => {
    response.writeHead(200);
    for (let index = 0; index < 20_000; index += 1) {
      const call = { index, id: `c${index}`, function: { name: 'f', arguments: '{}' } };
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [call] } }] })}\n\n`);
    }
    response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
  });
  const calls: BackendEvent[] = [];
  const { signal } = new AbortController();
  const onEvent = (event: BackendEvent): void => void (event.type === 'tool_call' && calls.push(event));
  const failed = openai(model.url).reply({ messages: [], params: {} }, { signal, onEvent });
  await expect(failed).rejects.toMatchObject({ code: 'backend_failed', retryable: false });
  expect(calls).toEqual([]);
});

test('a list of models is read up to 8 MiB', async () => {
  const model = await startRawModel((response) => {
    response.writeHead(200);
    void pour(response, '{"data":[', 64 * mebibyte);
  });
  const failed = openai(model.url).models?.(new AbortController()) ?? Promise.resolve();
  await expect(failed).rejects.toMatchObject({ code: 'backend_failed', retryable: false });
  expect(await failureOf(failed)).toMatch(/sent an answer of more than 8,388,608 bytes/);
  await model.closed(0);
  expect(model.sent()).toBeLessThan(16 * mebibyte);
});

/** Whether no character is cut in two. */
function isWhole(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

/** Each of two units. */
const faces = '😀'.repeat((7.5 * mebibyte) / 2);
test.each([
  [
    'openai',
    'text',
    openai,
    `data: ${JSON.stringify({ choices: [{ delta: { content: `a${faces}` } }] })}\n\n`,
  ],
  [
    'openai',
    'reasoning',
    openai,
    `data: ${JSON.stringify({ choices: [{ delta: { reasoning: `a${faces}` } }] })}\n\n`,
  ],
  ['ollama', 'text', ollama, `${JSON.stringify({ message: { content: `a${faces}` } })}\n`],
  ['ollama', 'reasoning', ollama, `${JSON.stringify({ message: { thinking: `a${faces}` } })}\n`],
])(
  '%s: one piece of megabytes of %s comes in small ones, none after the listener has enough',
  async (_, type, make, body) => {
    const model = await startRawModel((response) => {
      response.writeHead(200);
      response.write(body);
    });
    const abort = new AbortController();
    const heard: string[] = [];
    const reply = make(model.url).reply(
      { messages: [], params: {} },
      {
        signal: abort.signal,
        onEvent(event) {
          expect(event.type).toBe(type);
          if (event.type === 'text' || event.type === 'reasoning') heard.push(event.text);
          if (heard.length === 16) abort.abort();
        },
      },
    );
    await expect(reply).rejects.toThrow();
    expect(heard).toHaveLength(16);
    for (const text of heard) expect([text.length <= 4_096, isWhole(text)]).toEqual([true, true]);
    expect(`a${faces}`.startsWith(heard.join(''))).toBe(true);
  },
);

test('a heap of 512 MB is enough for each of them', () => {
  const script = fileURLToPath(new URL('hostile-model-process.ts', import.meta.url));
  const args = ['--max-old-space-size=512', '--conditions=source', '--import', 'tsx', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 9_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const measured = JSON.parse(stdout) as { attack: string; peakMb: number }[];
  console.log(measured.map(({ attack, peakMb }) => `${attack}: ${peakMb} MB`).join('; '));
  expect(measured).toHaveLength(4);
  for (const { peakMb } of measured) expect(peakMb).toBeLessThan(400);
});
