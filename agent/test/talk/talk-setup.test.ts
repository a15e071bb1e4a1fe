// Whoever starts to talk learns at once everything that is missing, and where to get it; a LiveKit server is really asked.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { prepareTalk, SetupError } from '../../src/talk/talk-setup.ts';

const keys = { DEEPGRAM_API_KEY: 'd', CARTESIA_API_KEY: 'c' };
const here = [{ path: new URL(import.meta.url), remedy: 'this file' }];

async function startLiveKit(status: number): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function missing(env: Record<string, string>, files = here): Promise<string> {
  try {
    await prepareTalk(env, files);
    return '';
  } catch (error) {
    if (error instanceof SetupError) return error.message;
    throw error;
  }
}

function own(url: string): Record<string, string> {
  return { LIVEKIT_URL: url, LIVEKIT_API_KEY: 'key', LIVEKIT_API_SECRET: 'a-secret-that-is-long-enough' };
}

test('keys, the LiveKit server and what was not built are named in one message, each with its remedy', async () => {
  const message = await missing(own('ws://127.0.0.1:9'), [
    { path: new URL('not-there.html', import.meta.url), remedy: 'the voice page\n      npm run build:page' },
  ]);
  expect(message).toContain('DEEPGRAM_API_KEY is missing');
  expect(message).toContain('console.deepgram.com');
  expect(message).toContain('CARTESIA_API_KEY is missing');
  expect(message).toContain('no LiveKit server answers at ws://127.0.0.1:9');
  expect(message).toContain('livekit-server --dev');
  expect(message).toContain('npm run build:page');
});

test('a persona server that is named and away, a port in use and a folder that is none are named too', async () => {
  const livekit = await startLiveKit(200);
  const { port } = new URL(livekit);
  const message = await missing({
    ...own(livekit),
    WS_LLM_URL: 'ws://127.0.0.1:9',
    AGENT_HEALTH_PORT: port,
    SESSION_LOG_DIR: `${import.meta.filename}/conversations`,
  });
  expect(message).toContain('DEEPGRAM_API_KEY is missing');
  expect(message).toMatch(
    /no persona server answers at ws:\/\/127.0.0.1:9, which WS_LLM_URL names .*\n.*npm start/,
  );
  expect(message).toMatch(/AGENT_HEALTH_PORT cannot be used/);
  expect(message).toMatch(/SESSION_LOG_DIR cannot be used/);
});

test('a LiveKit server that answers and takes the keys is all it needs besides', async () => {
  const url = await startLiveKit(200);
  const { config, env } = await prepareTalk({ ...keys, ...own(url), SESSION_LOG_DIR: ' ' }, here);
  expect(config.livekit).toMatchObject({ url, apiKey: 'key' });
  expect(env).toMatchObject(keys);
  expect(env).not.toHaveProperty('SESSION_LOG_DIR');
});

test('keys that the LiveKit server refuses are told, and not repeated', async () => {
  const message = await missing({ ...keys, ...own(await startLiveKit(401)) });
  expect(message).toMatch(/LiveKit server at .* refuses the keys/);
  expect(message).not.toContain('a-secret');
});

test('a server of one’s own without its keys is not tried with the keys of a development server', async () => {
  const message = await missing({ ...keys, LIVEKIT_URL: await startLiveKit(200) });
  expect(message).toContain('LIVEKIT_API_KEY is missing');
  expect(message).toContain('LIVEKIT_API_SECRET is missing');
});
