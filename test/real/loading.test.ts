/** A client that loses patience while the real Ollama loads the model, and asks again, gets its model; Ollama loaded it once. */
import { expect, onTestFinished, test } from 'vitest';
import type { ReceivedFrame, TestSocket } from '../stand-ins/test-socket.ts';
import { ollamaBackend } from './parts/backend-environment.ts';
import { locateParts } from './parts/locate-parts.ts';
import { type RunningOllama, startOllama } from './parts/ollama.ts';
import { type OurServer, startOurServer } from './parts/our-server.ts';

const parts = locateParts();
const patienceMs = 1_000;
/** Ollama starts a runner with the model for each load, and says so. */
const loadsOf = (ollama: RunningOllama): number =>
  ollama.output.match(/starting runner.*runner --model/g)?.length ?? 0;

interface SlowOllama extends RunningOllama {
  /** Nothing that is started to run a model gets anywhere, as from a very slow disk. */
  hold: () => void;
  release: () => void;
}

async function startSlowOllama(): Promise<SlowOllama> {
  const ollama = await startOllama(parts.ollama);
  let holding: NodeJS.Timeout | undefined;
  const hold = (): void => {
    holding = setInterval(() => ollama.brake.hold(), 2);
  };
  const release = (): void => {
    clearInterval(holding);
    ollama.brake.release();
  };
  onTestFinished(async () => {
    release();
    await ollama.stop();
  });
  return Object.assign(ollama, { hold, release });
}

async function startServer(ollama: RunningOllama): Promise<OurServer> {
  const server = await startOurServer(ollamaBackend(ollama.url));
  onTestFinished(() => server.stop());
  return server;
}

function chat(id: string, deadlines = {}): object {
  const messages = [{ role: 'user', content: 'How can I sleep better?' }];
  return { type: 'chat', id, messages, params: { max_tokens: 10 }, deadlines };
}

/** Waits longer each time, because reading the prompt may take longer than a second too. */
async function askUntilAnswered(client: TestSocket, name: string): Promise<ReceivedFrame[]> {
  for (let attempt = 1; ; attempt += 1) {
    client.send(chat(`${name}-${attempt}`, { first_token_ms: patienceMs * attempt }));
    const frames = await client.untilEnd();
    if (frames.at(-1)?.type === 'complete') return frames;
    expect(frames).toMatchObject([{ type: 'error', code: 'backend_timeout', retryable: true }]);
  }
}

test('a client that gives up after a second, by deadline, by cancel or by leaving, and asks again gets its model', async () => {
  const ollama = await startSlowOllama();
  ollama.hold();
  const server = await startServer(ollama);
  const client = await server.connect();
  for (const id of ['1', '2', '3']) {
    client.send(chat(id, { first_token_ms: patienceMs }));
    expect(await client.untilEnd()).toMatchObject([{ type: 'error', id, code: 'backend_timeout' }]);
  }
  client.send(chat('4'));
  setTimeout(() => client.send({ type: 'cancel', id: '4' }), patienceMs);
  expect(await client.untilEnd()).toMatchObject([{ type: 'complete', id: '4', finish_reason: 'cancelled' }]);
  client.send(chat('5'));
  setTimeout(() => client.close(), patienceMs);
  await client.closed;

  ollama.release();
  const next = await server.connect();
  const frames = await askUntilAnswered(next, 'next');
  expect(frames.filter(({ type }) => type === 'delta').length).toBeGreaterThan(1);
  next.close();

  expect(loadsOf(ollama)).toBe(1);
  expect(ollama.output).not.toContain('aborting load');
  const { models } = (await (await fetch(`${ollama.url}/api/ps`)).json()) as {
    models: { name: string; expires_at: string }[];
  };
  expect(models.map(({ name }) => name)).toEqual([parts.model]);
  const keptForMinutes = (Date.parse(models[0]?.expires_at ?? '') - Date.now()) / 60_000;
  expect(keptForMinutes).toBeGreaterThan(25);
});

test('a model that went away behind the back of the server is loaded by the server once a client lost patience with it', async () => {
  const ollama = await startSlowOllama();
  const server = await startServer(ollama);
  const client = await server.connect();
  await askUntilAnswered(client, 'first');
  const unload = { method: 'POST', body: JSON.stringify({ model: parts.model, keep_alive: 0 }) };
  await fetch(`${ollama.url}/api/generate`, unload);
  ollama.hold();
  for (const id of ['1', '2', '3']) {
    client.send(chat(id, { first_token_ms: patienceMs }));
    expect(await client.untilEnd()).toMatchObject([{ type: 'error', id, code: 'backend_timeout' }]);
  }
  ollama.release();
  await askUntilAnswered(client, 'again');
  client.close();
  // The first one, the one that died with its client, and the server's own.
  expect(loadsOf(ollama)).toBeLessThanOrEqual(3);
});
