/**
 * What a model server says of a failure reaches clients and the log without keys, and without what
 * people or personas said.
 */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend.ts';
import { OllamaBackend } from '../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../src/backends/openai-backend.ts';
import type { Logger } from '../src/logger.ts';
import { startRawModel } from './backends/raw-model.ts';
import { startTestServer, testPersona, user } from './test-server.ts';

const apiKey = 'sk-proj-0123456789abcdef';
const prompt = 'You are Ada. The treasure of the Johnson family lies below the old oak in the garden.';
const question = 'I have told nobody that I lost my job in March, and that my cat Mimi is sick.';
const told = [/I have t/, /treasure/, /old oak/, /lost my job/, /Mimi/, /sk-proj/, /0123456789/];

interface Heard {
  /** The message of an agent's error frame, of a guest's, and of a plain client's. */
  agent: string;
  guest: string;
  plain: string;
  /** At info and above. */
  log: string;
}

/** Has all three ask a model that fails each of them so. */
async function hear(
  make: (url: string) => Backend,
  fail: (response: ServerResponse, asked: string) => void,
): Promise<Heard> {
  const model = await startRawModel((response) => {
    const chunks: Buffer[] = [];
    response.req.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.req.on('end', () => fail(response, Buffer.concat(chunks).toString()));
  });
  const lines: string[] = [];
  const write = (fields: Record<string, unknown>, message: string): void =>
    void lines.push(
      JSON.stringify([fields, fields['err'] instanceof Error ? fields['err'].stack : '', message]),
    );
  const logger: Logger = { debug: () => undefined, info: write, warn: write, error: write };
  const { v1, plain } = await startTestServer({
    backend: () => make(model.url),
    persona: { ...testPersona, prompt },
    logger,
  });
  const message = async (options: { headers?: Record<string, string> }): Promise<string> => {
    const client = await v1(options);
    client.send({ type: 'chat', id: '1', messages: [user(question)], deadlines: { total_ms: 5_000 } });
    return String((await client.nextOf('error'))['message']);
  };
  const inPlain = async (): Promise<string> => {
    const client = await plain();
    client.send({ type: 'chat', messages: [user(question)] });
    return String((await client.nextOf('error'))['message']);
  };
  // At once: each is asked for again before it fails.
  const [agent, guest, old] = await Promise.all([
    message({}),
    message({ headers: { origin: 'null' } }),
    inPlain(),
  ]);
  return { agent, guest, plain: old, log: lines.join('\n') };
}

function expectNothingTold({ agent, guest, plain, log }: Heard): void {
  for (const secret of told) for (const text of [agent, guest, plain, log]) expect(text).not.toMatch(secret);
  expect(agent.length).toBeLessThan(600);
  expect(plain.length).toBeLessThan(600);
  for (const line of log.split('\n')) expect(line.length).toBeLessThan(800);
}

const openai = (baseUrl: string): Backend => new OpenAIBackend({ apiKey, baseUrl, model: 'm' });
const ollama = (host: string): Backend => new OllamaBackend({ host, model: 'm' });

function sse(value: unknown): string {
  return `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
}

describe('a model server that repeats what it was asked', () => {
  const bodies: Record<string, (asked: string) => { status: number; body: string }> = {
    'as vLLM does': (asked) => ({
      status: 400,
      body: JSON.stringify({ object: 'error', message: `Invalid request: ${asked}`, code: 400 }),
    }),
    'as FastAPI does': (asked) => ({
      status: 422,
      body: JSON.stringify({
        detail: [
          {
            type: 'string_type',
            loc: ['body', 'messages', 0],
            msg: 'Input should be a string',
            input: JSON.parse(asked) as unknown,
          },
        ],
      }),
    }),
    'in an error': (asked) => ({ status: 400, body: JSON.stringify({ error: { message: asked } }) }),
    'as text': (asked) => ({ status: 400, body: `cannot read ${asked}` }),
    'with its headers': () => ({
      status: 401,
      body: JSON.stringify({ error: { message: `no such key: Bearer ${apiKey}` } }),
    }),
    'as a page': (asked) => ({ status: 502, body: `<!doctype html><html><body>${asked}</body></html>` }),
    'in a stream': (asked) => ({ status: 200, body: sse({ error: { message: `bad: ${asked} ${apiKey}` } }) }),
    'in a line that is no JSON': (asked) => ({
      status: 200,
      body: sse(`${question} ${prompt} ${apiKey} ${asked}`),
    }),
    'in a line that is cut': (asked) => ({
      status: 200,
      body: sse(`{"choices":[{"delta":{"content":${asked}`),
    }),
  };
  test.each(Object.keys(bodies))('%s', async (how) => {
    const heard = await hear(openai, (response, asked) => {
      const { status, body } = bodies[how]?.(asked) ?? { status: 500, body: '' };
      response.writeHead(status);
      response.end(body);
    });
    expectNothingTold(heard);
    expect(heard.agent).toMatch(/The model server at http:\/\/127\.0\.0\.1:\d+ /);
    expect(heard.log).toContain('request failed');
  });

  test('at Ollama', async () => {
    const heard = await hear(ollama, (response, asked) => {
      response.writeHead(200);
      response.end(`${JSON.stringify({ error: `cannot template ${asked}` })}\n`);
    });
    expectNothingTold(heard);
    expect(heard.agent).toContain('cannot template');
    expectNothingTold(
      await hear(ollama, (response, asked) => {
        response.writeHead(200);
        response.end(`not JSON: ${asked} ${question} ${prompt}\n`);
      }),
    );
  });
});

test('"model not found" and what mends it reach agents and the log, and guests a general sentence', async () => {
  const { agent, guest, log } = await hear(openai, (response) => {
    response.writeHead(404);
    response.end(
      JSON.stringify({ error: { message: 'The model `m` does not exist', code: 'model_not_found' } }),
    );
  });
  for (const text of [agent, log])
    expect(text).toMatch(
      /answered 404 \(are OPENAI_BASE_URL and LLM_MODEL right\?\): The model `m` does not exist/,
    );
  expect(guest).toBe('The model could not answer.');
});

test('a short key decides nothing: options that a server does not know are still given up', async () => {
  let asked = 0;
  const model = await startRawModel((response) => {
    asked += 1;
    response.writeHead(asked === 1 ? 400 : 200);
    if (asked === 1)
      return void response.end(
        JSON.stringify({
          error: { message: 'Unsupported parameter: max_tokens. Use max_completion_tokens.' },
        }),
      );
    response.end(
      `${sse({ choices: [{ delta: { content: 'hi' }, finish_reason: 'stop' }] })}data: [DONE]\n\n`,
    );
  });
  const backend = new OpenAIBackend({ apiKey: 'x', baseUrl: model.url, model: 'm' });
  const events: string[] = [];
  await backend.reply(
    { messages: [], params: { maxTokens: 5 } },
    { signal: new AbortController().signal, onEvent: ({ type }) => events.push(type) },
  );
  expect(events).toEqual(['text', 'finish']);
});

describe('an address with a query', () => {
  const query = '?api_key=0123456789abcdef&api-version=2024';
  test.each([
    [
      'openai',
      (url: string) => new OpenAIBackend({ apiKey: '', baseUrl: `${url}/v1/${query}`, model: 'm' }),
      '/v1/chat/completions',
    ],
    ['ollama', (url: string) => new OllamaBackend({ host: `${url}/${query}`, model: 'm' }), '/api/chat'],
  ])('%s: it goes behind each path, and is never shown', async (_, make, path) => {
    const asked: string[] = [];
    const heard = await hear(make, (response) => {
      asked.push(response.req.url ?? '');
      response.writeHead(500);
      response.end(JSON.stringify({ error: `no route to ${response.req.url ?? ''}` }));
    });
    expect(new Set(asked)).toEqual(new Set([`${path}${query}`]));
    expectNothingTold(heard);
    expect(heard.agent).toMatch(/at http:\/\/127\.0\.0\.1:\d+(?:\/v1)? answered 500: no route to /);
  });

  test('where a server has moved is told without its query', async () => {
    const heard = await hear(
      (url) => new OpenAIBackend({ apiKey: '', baseUrl: `${url}/v1${query}`, model: 'm' }),
      (response) => {
        response.writeHead(308, { location: `/v2/chat/completions${query}` });
        response.end();
      },
    );
    expectNothingTold(heard);
    expect(heard.agent).toMatch(
      /answered 308: moved to http:\/\/127\.0\.0\.1:\d+\/v2\/chat\/completions; set/,
    );
  });
});

test('of the name of a model that is not there 64 characters are told', async () => {
  const lines: string[] = [];
  const write = (fields: object): void => void lines.push(JSON.stringify(fields));
  const { v1, model } = await startTestServer({
    logger: { debug: () => undefined, info: write, warn: write, error: write },
  });
  model.knowsItsModels = true;
  const client = await v1();
  const name = 'x'.repeat(200);
  client.send({ type: 'chat', id: '1', messages: [user('hi')], params: { model: name } });
  const { message } = await client.nextOf('error');
  expect(message).toMatch(/has no model x{63}…\. It has fake-model/);
  for (const line of lines) expect(line.length).toBeLessThan(800);
});
