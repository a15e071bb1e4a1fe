/** A generation hands on what comes and then ends exactly once, whatever the backend does, before, during and after. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Backend, BackendError, type BackendEvent } from '../src/backend.ts';
import { Generation, type GenerationEnd, type GenerationPart } from '../src/reply/generation.ts';

type Script = (signal: AbortSignal, attempt: number) => AsyncIterable<BackendEvent>;

function backendOf(script: Script): Backend & { attempts: number } {
  return {
    name: 'scripted',
    model: 'm',
    attempts: 0,
    async reply(_, { signal, onEvent }) {
      this.attempts += 1;
      for await (const event of script(signal, this.attempts)) onEvent(event);
    },
  };
}

interface Run {
  parts: GenerationPart[];
  ends: GenerationEnd[];
  generation: Generation;
  backend: { attempts: number };
  ended: Promise<GenerationEnd>;
}

function run(
  script: Script,
  deadlines: { firstTokenMs?: number; idleMs?: number; totalMs?: number } = {},
): Run {
  const parts: GenerationPart[] = [];
  const ends: GenerationEnd[] = [];
  const backend = backendOf(script);
  let resolve: (end: GenerationEnd) => void = () => undefined;
  const ended = new Promise<GenerationEnd>((done) => {
    resolve = done;
  });
  const generation = new Generation({
    reply: (listener) => backend.reply({ messages: [], params: {} }, listener),
    deadlines: { firstTokenMs: 1_000, idleMs: 1_000, totalMs: 2_000, ...deadlines },
    maxChars: 1_000,
    onPart: (part) => parts.push(part),
    onEnd: (end) => {
      ends.push(end);
      resolve(end);
    },
  });
  generation.start();
  return { parts, ends, generation, backend, ended };
}

const text = (value: string): BackendEvent => ({ type: 'text', text: value });
const stop: BackendEvent = { type: 'finish', reason: 'stop' };
const never = (): Promise<never> => new Promise(() => undefined);

test('parts come in order, then the end with the whole text', async () => {
  const { parts, ended } = run(async function* () {
    yield text('a');
    yield { type: 'reasoning', text: 'hm' };
    yield text('b');
    yield stop;
  });
  expect(await ended).toMatchObject({ type: 'finished', reason: 'stop', text: 'ab' });
  expect(parts.map((part) => part.type)).toEqual(['text', 'reasoning', 'text']);
});

test('a cancel ends it before the backend has noticed, and what the backend still yields is dropped [P-28]', async () => {
  let goOn: () => void = () => undefined;
  const { parts, ends, generation } = run(async function* () {
    yield text('a');
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    yield text('late');
    yield stop;
  });
  await pause(5);
  generation.cancel();
  expect(ends).toMatchObject([{ type: 'finished', reason: 'cancelled', text: 'a' }]);
  generation.cancel();
  goOn();
  await pause(5);
  expect(ends.length).toBe(1);
  expect(parts).toEqual([text('a')]);
});

test('a backend that ignores its signal cannot keep a reply from ending', async () => {
  const { ended, generation } = run(async function* () {
    yield text('a');
    await never();
  });
  await pause(5);
  generation.cancel();
  expect(await ended).toMatchObject({ reason: 'cancelled' });
});

test('the signal aborts on a cancel, a deadline and a reply too long, not on a reply that finished', async () => {
  const signals: AbortSignal[] = [];
  const finished = run(async function* (signal) {
    signals.push(signal);
    yield stop;
  });
  await finished.ended;
  const timedOut = run(
    async function* (signal) {
      signals.push(signal);
      await never();
      yield stop;
    },
    { firstTokenMs: 10 },
  );
  await timedOut.ended;
  await pause(5);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
});

test.each([
  ['an error that may pass', new BackendError('backend_unavailable', 'x', { retryable: true }), 3],
  ['an error that will not', new BackendError('backend_failed', 'x', { retryable: false }), 1],
  ["a fault that is not a model's", new Error('bug'), 1],
])('before the first token %s is tried as often as makes sense', async (_, error, attempts) => {
  const { ended, backend } = run(async function* () {
    await Promise.reject(error);
    yield stop;
  });
  expect(await ended).toMatchObject({ type: 'failed', error });
  expect(backend.attempts).toBe(attempts);
});

test('after the first token nothing is tried again [P-50]', async () => {
  const { ended, backend } = run(async function* () {
    yield text('a');
    throw new BackendError('backend_failed', 'x', { retryable: true });
  });
  expect(await ended).toMatchObject({ type: 'failed', text: 'a' });
  expect(backend.attempts).toBe(1);
});

test('a retry that works is a reply like any other', async () => {
  const { ended } = run(async function* (_, attempt) {
    if (attempt === 1) throw new BackendError('backend_unavailable', 'x', { retryable: true });
    yield text('b');
    yield stop;
  });
  expect(await ended).toMatchObject({ type: 'finished', text: 'b' });
});

test('a model that asks for more time than the deadline leaves is not asked again', async () => {
  const { ended, backend } = run(
    async function* () {
      await Promise.reject(new BackendError('rate_limited', 'x', { retryable: true, retryAfterMs: 5_000 }));
      yield stop;
    },
    { firstTokenMs: 1_000 },
  );
  expect(await ended).toMatchObject({ type: 'failed', error: { code: 'rate_limited' } });
  expect(backend.attempts).toBe(1);
});

test('a cancel while it waits for its next attempt ends it, and there is none', async () => {
  const { ended, generation, backend } = run(async function* () {
    await Promise.reject(new BackendError('backend_unavailable', 'x', { retryable: true }));
    yield stop;
  });
  await pause(20);
  generation.cancel();
  expect(await ended).toMatchObject({ reason: 'cancelled' });
  await pause(250);
  expect(backend.attempts).toBe(1);
});

test('while a model writes a call that is not whole yet no silence is counted', async () => {
  const { ended, parts } = run(
    async function* () {
      for (let piece = 0; piece < 8; piece += 1) {
        yield { type: 'progress' };
        await pause(20);
      }
      yield stop;
    },
    { firstTokenMs: 60 },
  );
  expect(await ended).toMatchObject({ type: 'finished', firstTokenMs: undefined });
  expect(parts).toEqual([]);
});

test('the idle deadline counts from the last piece, not from the first', async () => {
  const { ended } = run(
    async function* () {
      for (let piece = 0; piece < 8; piece += 1) {
        yield text('x');
        await pause(20);
      }
      yield stop;
    },
    { idleMs: 60 },
  );
  expect(await ended).toMatchObject({ type: 'finished', text: 'xxxxxxxx' });
});

test('a fault in what takes the reply ends it, once, and is not taken for the model’s', async () => {
  const fault = new TypeError('a slip of ours');
  const ends: GenerationEnd[] = [];
  const backend = backendOf(async function* (signal) {
    yield text('a');
    yield await once(signal, 'abort').then(() => stop);
  });
  await new Promise<Generation>((resolve) => {
    const generation = new Generation({
      reply: (listener) => backend.reply({ messages: [], params: {} }, listener),
      deadlines: { firstTokenMs: 1_000, idleMs: 1_000, totalMs: 2_000 },
      maxChars: 1_000,
      onPart() {
        throw fault;
      },
      onEnd(end) {
        ends.push(end);
        resolve(generation);
      },
    });
    generation.start();
  });
  await pause(20);
  expect(ends).toMatchObject([{ type: 'failed', error: fault }]);
});
