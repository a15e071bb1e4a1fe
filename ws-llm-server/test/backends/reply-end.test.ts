/**
 * The dialect's own end marker ends a reply at once, whatever becomes of the body behind it; a
 * socket whose body ends is used again.
 */
import type { ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import type { Backend, BackendEvent } from '../../src/backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect } from './collect.ts';
import { pour, startRawModel } from './raw-model.ts';

interface Kind {
  make: (url: string) => Backend;
  reply: string;
}

const said = 'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n';
const kinds: Record<string, Kind> = {
  openai: {
    make: (baseUrl) => new OpenAIBackend({ apiKey: '', baseUrl, model: 'm' }),
    reply: `${said}data: [DONE]\n\n`,
  },
  'openai, without the last empty line': {
    make: (baseUrl) => new OpenAIBackend({ apiKey: '', baseUrl, model: 'm' }),
    reply: `${said}data: [DONE]\n`,
  },
  ollama: {
    make: (host) => new OllamaBackend({ host, model: 'm' }),
    reply: '{"message":{"content":"hi"}}\n{"done":true,"done_reason":"stop"}\n',
  },
};
function kindOf(name: string): Kind {
  const kind = kinds[name];
  if (kind === undefined) throw new RangeError(`no such kind: ${name}`);
  return kind;
}

const whole: BackendEvent[] = [
  { type: 'text', text: 'hi' },
  { type: 'finish', reason: 'stop' },
];

const ends: Record<string, (response: ServerResponse) => void> = {
  'stays open': () => undefined,
  'is reset': (response) => void setTimeout(() => response.socket?.resetAndDestroy(), 20),
  'ends short of its length': (response) => void setTimeout(() => response.socket?.end(), 20),
  'goes on for ever': (response) => void pour(response, ': more\n', Infinity),
};

const cases = Object.keys(kinds).flatMap((kind) => Object.keys(ends).map((end) => [kind, end] as const));

test.each(cases)('%s: a reply is whole where its body %s', async (kind, end) => {
  const { make, reply } = kindOf(kind);
  const model = await startRawModel((response) => {
    // A length keeps the body from being chunked, so that it can end too early.
    response.writeHead(200, end.includes('length') ? { 'content-length': 100_000 } : {});
    response.write(reply);
    ends[end]?.(response);
  });
  const from = performance.now();
  expect(await collect(make(model.url))).toEqual(whole);
  expect(performance.now() - from).toBeLessThan(900);
  // The rest is read for a second, or 64 KiB of it.
  const closedAt = await model.closed(0);
  expect(closedAt - from).toBeLessThan(3_000);
  expect(model.sent()).toBeLessThan(8 * 1024 * 1024);
});

test.each(Object.keys(kinds))(
  '%s: a body that ends a moment later leaves its socket to the next',
  async (kind) => {
    const { make, reply } = kindOf(kind);
    const model = await startRawModel((response) => {
      response.writeHead(200);
      response.write(reply);
      setTimeout(() => response.end(), 50);
    });
    const backend = make(model.url);
    for (let turn = 0; turn < 8; turn += 1) {
      await collect(backend);
      await model.closed(turn);
    }
    // Two, because a reply may start before the end of the one before has been read.
    expect(model.connections.made).toBeLessThanOrEqual(2);
  },
);

test('an abort after the end closes what is still open of the body, and nobody is called again', async () => {
  const { make, reply } = kindOf('openai');
  const model = await startRawModel((response) => {
    response.writeHead(200);
    response.write(reply);
  });
  const abort = new AbortController();
  const onEvent = vi.fn<(event: BackendEvent) => void>();
  await make(model.url).reply({ messages: [], params: {} }, { signal: abort.signal, onEvent });
  const from = performance.now();
  abort.abort();
  expect((await model.closed(0)) - from).toBeLessThan(800);
  expect(onEvent).toHaveBeenCalledTimes(2);
});

test.each([
  ['a finish reason without [DONE], where the body ends', said, whole],
  [
    '[DONE] without a finish reason is a reply without a finish',
    'data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n',
    [{ type: 'text', text: 'hi' }],
  ],
])('%s', async (_, body, events) => {
  const model = await startRawModel((response) => {
    response.writeHead(200);
    response.end(body);
  });
  expect(await collect(kindOf('openai').make(model.url))).toEqual(events);
});

test('a body that is reset before the end marker is an error', async () => {
  const model = await startRawModel((response) => {
    response.writeHead(200);
    response.write(said);
    setTimeout(() => response.socket?.resetAndDestroy(), 20);
  });
  const failed = collect(kindOf('openai').make(model.url));
  await expect(failed).rejects.toMatchObject({ code: 'backend_failed', retryable: true });
});
