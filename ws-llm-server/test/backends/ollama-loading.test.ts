/** A client without patience gets its model in the end: the server loads it once, whoever leaves meanwhile, and asks about it no more than needed. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { BackendEvent, BackendRequest } from '../../src/backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { collect, listen } from './collect.ts';
import { LoadingOllama } from './loading-ollama.ts';

const question: BackendRequest = { messages: [{ role: 'user', content: 'hi' }], params: {} };
const reply = [
  { type: 'text', text: 'ok' },
  { type: 'finish', reason: 'stop' },
];

async function start(keepAlive?: string): Promise<{ ollama: LoadingOllama; backend: OllamaBackend }> {
  const ollama = await LoadingOllama.start();
  const kept = keepAlive === undefined ? {} : { keepAlive };
  const backend = new OllamaBackend({ host: ollama.host, model: 'm', ...kept });
  onTestFinished(async () => {
    backend.close();
    await ollama.close();
  });
  return { ollama, backend };
}

interface Asked {
  events: Promise<BackendEvent[]>;
  leave: () => void;
}

function ask(backend: OllamaBackend): Asked {
  const abort = new AbortController();
  const events = collect(backend, question, abort.signal);
  events.catch(() => undefined);
  return { events, leave: () => abort.abort() };
}

/** Asks, and leaves once it waits for the load. */
async function askInVain(backend: OllamaBackend): Promise<void> {
  const { events, leave } = ask(backend);
  await nextTurn();
  leave();
  await expect(events).rejects.toThrow();
}

/** A load, and what is asked about the model meanwhile and after it. */
const load = ['/api/generate', '/api/ps', '/api/show'];

function pathsOf({ paths }: LoadingOllama): string[] {
  return [...paths.slice(0, load.length).toSorted(), ...paths.slice(load.length)];
}

test('a client that leaves again and again while the model loads gets it, and it was loaded once', async () => {
  const { ollama, backend } = await start();
  for (let attempt = 0; attempt < 5; attempt += 1) await askInVain(backend);
  const last = ask(backend);
  ollama.finishLoad();
  expect(await last.events).toEqual(reply);
  expect(ollama.loads).toEqual({ started: 1, finished: 1, abandoned: 0 });
  expect(pathsOf(ollama)).toEqual([...load, '/api/chat']);
});

test('all who come while it loads wait for the same load', async () => {
  const { ollama, backend } = await start();
  const waiting = [ask(backend), ask(backend), ask(backend)];
  await ollama.until(() => ollama.loads.started === 1);
  waiting[0]?.leave();
  ollama.finishLoad();
  await expect(waiting[0]?.events).rejects.toThrow();
  expect(await Promise.all(waiting.slice(1).map(({ events }) => events))).toEqual([reply, reply]);
  expect(ollama.loads.started).toBe(1);
});

test('a load that fails is an error in words for who waits, and the next one tries again', async () => {
  const { ollama, backend } = await start();
  const waiting = [ask(backend), ask(backend)];
  await ollama.until(() => ollama.loads.started === 1);
  ollama.failLoad('model requires more system memory');
  for (const { events } of waiting) {
    await expect(events).rejects.toMatchObject({
      code: 'backend_unavailable',
      said: expect.stringContaining('more system memory') as string,
    });
  }
  const next = ask(backend);
  await ollama.until(() => ollama.loads.started === 2);
  ollama.finishLoad();
  expect(await next.events).toEqual(reply);
});

test('a model that is loaded costs a chat no further request', async () => {
  const { ollama, backend } = await start();
  ollama.loaded = true;
  for (let turn = 0; turn < 4; turn += 1) expect(await ask(backend).events).toEqual(reply);
  expect(pathsOf(ollama)).toEqual([...load, ...Array<string>(4).fill('/api/chat')]);
});

test('a reply that is cancelled in the middle leaves the model as known as it was', async () => {
  const { ollama, backend } = await start();
  ollama.loaded = true;
  ollama.stalling = true;
  const abort = new AbortController();
  const cancelled = listen(backend, question, abort);
  await cancelled.next();
  abort.abort();
  await expect(cancelled.next()).rejects.toThrow();
  ollama.stalling = false;
  expect(await ask(backend).events).toEqual(reply);
  expect(pathsOf(ollama)).toEqual([...load, '/api/chat', '/api/chat']);
});

test('a model that went away unseen is loaded by the server once a client lost patience with it', async () => {
  const { ollama, backend } = await start();
  ollama.loaded = true;
  await ask(backend).events;
  ollama.loaded = false;
  const impatient = ask(backend);
  await ollama.until(() => ollama.loads.started === 1);
  impatient.leave();
  await ollama.until(() => ollama.loads.abandoned === 1 && ollama.paths.at(-1) === '/api/generate');
  await askInVain(backend);
  await askInVain(backend);
  const last = ask(backend);
  ollama.finishLoad();
  expect(await last.events).toEqual(reply);
  expect(ollama.loads).toEqual({ started: 2, finished: 1, abandoned: 1 });
});

test('an Ollama that dies in the middle of a reply is asked about the model when it is back', async () => {
  const { ollama, backend } = await start();
  ollama.loaded = true;
  ollama.stalling = true;
  const broken = listen(backend, question);
  await broken.next();
  ollama.restart();
  await expect(broken.next()).rejects.toMatchObject({ code: 'backend_failed' });
  ollama.stalling = false;
  const next = ask(backend);
  await ollama.until(() => ollama.loads.started === 1);
  expect(ollama.paths.slice(-1)).toEqual(['/api/generate']);
  ollama.finishLoad();
  expect(await next.events).toEqual(reply);
});

/** Of the load and of the chats. */
function keepAlives(ollama: LoadingOllama): unknown[] {
  return ollama.seen.flatMap(({ path, body }) =>
    ['/api/generate', '/api/chat'].includes(path) ? [body['keep_alive']] : [],
  );
}

test('how long the model stays is said with the load and with every chat', async () => {
  const { ollama, backend } = await start('1h');
  ollama.loaded = true;
  await ask(backend).events;
  expect(keepAlives(ollama)).toEqual(['1h', '1h']);
});

test('a model that is not to stay is not unloaded by its own load', async () => {
  const { ollama, backend } = await start('0');
  ollama.loaded = true;
  await ask(backend).events;
  expect(keepAlives(ollama)).toEqual([undefined, 0]);
});

test('a backend that is closed gives up its load', async () => {
  const { ollama, backend } = await start();
  const waiting = ask(backend);
  await ollama.until(() => ollama.loads.started === 1);
  backend.close();
  await expect(waiting.events).rejects.toThrow();
  await ollama.until(() => ollama.loads.abandoned === 1);
});
