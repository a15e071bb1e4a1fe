/** A model server is asked over HTTP, and whatever it answers, however it is cut, comes through as it was said or fails in words. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { askModel } from '../../src/backends/ask-model.ts';
import { EventData } from '../../src/backends/event-data.ts';
import { LineSplitter } from '../../src/backends/line-splitter.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect } from './collect.ts';

const { signal } = new AbortController();

async function serve(answer: RequestListener): Promise<URL> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
}

test('lines come out whole, however their bytes were cut, with either kind of line end', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, ''));
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
      (lines, end, size) => {
        const bytes = Buffer.from(lines.map((one) => one + end).join('') + 'last');
        const got: string[] = [];
        const splitter = new LineSplitter((one) => got.push(one));
        for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
        splitter.end();
        expect(got).toEqual([...lines, 'last']);
      },
    ),
    { numRuns: 30 },
  );
});

test('a line that never ends is refused before it fills the memory', () => {
  const splitter = new LineSplitter(() => undefined);
  const piece = Buffer.alloc(1024 * 1024, 'x');
  expect(() => {
    for (let mebibyte = 0; mebibyte < 20; mebibyte += 1) splitter.push(piece);
  }).toThrow(/a line of more than/);
});

test('the data of an event is joined from its lines; comments and other fields are passed over', () => {
  const events = new EventData();
  const lines = [
    ': ping',
    'event: message',
    'data: {"a":',
    'data:1}',
    'id: 7',
    '',
    '',
    'data:',
    '',
    'data: open',
  ];
  expect(lines.map((line) => events.read(line)).filter((data) => data !== undefined)).toEqual([
    '{"a":\n1}',
    '',
  ]);
  expect(events.read('')).toBe('open');
});

test('lines are handed over while the answer goes on, and a reader that throws closes the request', async () => {
  let closed: Promise<unknown> | undefined;
  const url = await serve((_, response) => {
    closed = once(response, 'close');
    response.write('one\ntwo\nthr');
  });
  const heard: string[] = [];
  const answer = await askModel(url, { signal });
  const reading = answer.read((line) => {
    heard.push(line);
    if (heard.length === 2) throw new Error('enough');
  });
  await expect(reading).rejects.toThrow('enough');
  await closed;
  expect(heard).toEqual(['one', 'two']);
});

test.each([
  ['came with the beginning of the answer', 'one\ntwo\n', ''],
  ['come in one read later', '', 'one\ntwo\n'],
])('an abort is heard between two lines that %s', async (_, first, then) => {
  let goOn = (): void => undefined;
  const url = await serve((_request, response) => {
    response.write(`beginning\n${first}`);
    goOn = () => void response.write(then);
  });
  const abort = new AbortController();
  const answer = await askModel(url, { signal: abort.signal });
  const heard: string[] = [];
  const reading = answer.read((line) => {
    heard.push(line);
    if (line === 'beginning') goOn();
    if (line === 'one') abort.abort(new Error('enough'));
  });
  await expect(reading).rejects.toThrow('enough');
  expect(heard).toEqual(['beginning', 'one']);
});

test('a request that is aborted before it is connected is given up at once, and one that was aborted is not made', async () => {
  const abort = new AbortController();
  // An address that answers nobody.
  const asked = askModel(new URL('http://192.0.2.1/'), { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  await expect(askModel(new URL('http://192.0.2.1/'), { signal: abort.signal })).rejects.toThrow('enough');
});

test('a question goes as JSON to the very path, and its answer comes with status and headers', async () => {
  const url = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.writeHead(418, { 'x-told': `${request.method} ${request.headers['content-type']}` });
      response.end(`${request.url} ${body}`);
    });
  });
  const answer = await askModel(new URL('?a=b', url), { body: { c: 'ü' }, signal });
  expect(answer).toMatchObject({ status: 418, headers: { 'x-told': 'POST application/json' } });
  expect((await answer.text(1_000)).text).toBe('/v1?a=b {"c":"ü"}');
});

test.each([
  ['openai', (url: URL) => new OpenAIBackend({ apiKey: '', baseUrl: url.href, model: 'm' })],
  ['ollama', (url: URL) => new OllamaBackend({ host: url.href, model: 'm' })],
])(
  '%s: a server that has moved is not followed, and the person who set its address is told',
  async (_, make) => {
    const url = await serve((_request, response) => {
      response.writeHead(308, { location: 'https://new.example/v1' });
      response.end();
    });
    const failed = collect(make(url));
    await expect(failed).rejects.toThrow(/answered 308: moved to https:\/\/new\.example\/v1/);
    await expect(failed).rejects.toMatchObject({ code: 'backend_failed', retryable: false });
  },
);

test('nothing compressed is asked for, and what is compressed all the same fails in words', async () => {
  let asked: string | undefined;
  const url = await serve((request, response) => {
    asked = request.headers['accept-encoding'];
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync('data: {}\n\n'));
  });
  const backend = new OpenAIBackend({ apiKey: '', baseUrl: url.href, model: 'm' });
  await expect(collect(backend)).rejects.toThrow(/compresses its answer with gzip/);
  expect(asked).toBe('identity');
});
