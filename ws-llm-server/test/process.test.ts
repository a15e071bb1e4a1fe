/** The process, as a person meets it: its first screen, its mistakes in words, its clean end. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { FakeModel } from '../../test/stand-ins/model/fake-model.ts';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { loadConfig } from '../src/config.ts';
import { startProcess } from './server-process.ts';
import { user } from './test-server.ts';

// A process takes its time to start where many do.
vi.setConfig({ testTimeout: 60_000 });

test('the first screen tells persona, backend, model, why, and where to chat', async () => {
  const server = startProcess({ OLLAMA_HOST: 'http://127.0.0.1:9' });
  const port = await server.says(/chat +http:\/\/localhost:(\d+)\//);
  expect(server.output()).toMatch(/persona +Healthcare assistant/);
  expect(server.output()).toMatch(
    /backend +demo, because no LLM_BACKEND, no OPENAI_API_KEY, and no Ollama answers/,
  );
  const page = await (await fetch(`http://localhost:${port}/`)).text();
  expect(page).toContain('<!doctype html>');
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s announces itself, closes clients with 1001 and the request to the model after its grace, and ends with 0',
  async (signal) => {
    const model = await FakeModel.start();
    onTestFinished(() => model.close());
    model.fallback = { tokens: Array.from({ length: 1_000 }, () => 'word '), tokenMs: 20 };
    const server = startProcess({
      LLM_BACKEND: 'openai',
      OPENAI_BASE_URL: model.openAIBaseUrl,
      SHUTDOWN_GRACE_MS: '150',
    });
    const port = await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//);
    const client = await TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']);
    client.send({ type: 'chat', id: '1', messages: [user('What I say is private')] });
    await client.nextOf('delta');
    server.child.kill(signal);
    expect(await client.nextOf('closing')).toEqual({ type: 'closing', grace_ms: 150 });
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect((await model.requests[0]?.closed)?.by).toBe('client');
    expect(await server.exited).toBe(0);
    expect(server.output()).not.toContain('private');
  },
);

test('a second signal of any kind ends it at once', async () => {
  const server = startProcess({ LLM_BACKEND: 'demo', SHUTDOWN_GRACE_MS: '600000' });
  const port = await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//);
  const client = await TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']);
  client.send({ type: 'chat', id: '1', messages: [user('Who are you?')] });
  await client.nextOf('delta');
  server.child.kill('SIGTERM');
  await client.nextOf('closing');
  server.child.kill('SIGHUP');
  expect(await server.exited).toBe(1);
});

test('limits that are set in the environment hold, and are told in ready [P-81]', async () => {
  const limits = {
    LIMIT_OPEN_REQUESTS: '7',
    LIMIT_ID_CHARS: '9',
    PING_INTERVAL_MS: '5000',
    TOTAL_TIMEOUT_MS: '60000',
    LIMIT_SERVER_REQUESTS: '100',
  };
  const server = startProcess({ LLM_BACKEND: 'demo', ...limits });
  const port = await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//);
  const client = await TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']);
  expect((await client.nextOf('ready'))['limits']).toMatchObject({
    ...loadConfig(limits).limits,
    shared: { server: { requests: 100 } },
  });
  client.send({ type: 'chat', id: 'ten chars!', messages: [user('a')] });
  expect((await client.closed).code).toBe(4400);
});

test('every mistake in the environment is told at once, without a stack', async () => {
  const server = startProcess({ PORT: 'x', LLM_BACKEND: 'y', HOST: '0.0.0.0' });
  expect(await server.exited).toBe(1);
  for (const name of ['PORT', 'LLM_BACKEND', 'HOST']) expect(server.output()).toContain(`- ${name}: `);
  expect(server.output()).not.toMatch(/\n\s+at /);
});

test('a variable that is misspelt is told, and not its value', async () => {
  const server = startProcess({ LLM_BACKEND: 'demo', OPENAI_APIKEY: 'sk-secret' });
  await server.says(/socket +ws:/);
  expect(server.output()).toContain(
    'OPENAI_APIKEY is not a variable of this server. Is OPENAI_API_KEY meant?',
  );
  expect(server.output()).not.toContain('sk-secret');
});

test('a port that is taken is told in a sentence', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  const server = startProcess({ PORT: String(model.port), LLM_BACKEND: 'demo' });
  expect(await server.exited).toBe(1);
  expect(server.output().trim()).toBe(
    `PORT: ${model.port} of 127.0.0.1 is in use. Stop what listens there, or set PORT to another one.`,
  );
});

test('a persona that does not exist is told in a sentence', async () => {
  const server = startProcess({ PERSONA: 'pirate', LLM_BACKEND: 'demo' });
  expect(await server.exited).toBe(1);
  expect(server.output()).toMatch(/^PERSONA=pirate: no such persona/);
});

test('a persona and a backend that are not there are told at once, without a stack', async () => {
  const server = startProcess({ PERSONA: 'pirate', LLM_BACKEND: './nowhere.js' });
  expect(await server.exited).toBe(1);
  expect(server.output()).toMatch(/^PERSONA=pirate: no such persona/m);
  expect(server.output()).toMatch(/^\.\/nowhere\.js \(LLM_BACKEND\) is not a backend/m);
  expect(server.output()).not.toMatch(/\n\s+at /);
});
