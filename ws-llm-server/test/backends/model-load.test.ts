/** A model's load belongs to nobody who waits for it, and a model that is known to be loaded is not asked about. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { ModelLoad } from '../../src/backends/model-load.ts';

const { signal } = new AbortController();

interface StartedLoad {
  signal: AbortSignal;
  succeed: () => void;
  fail: (error: Error) => void;
}

let loads: StartedLoad[];
beforeEach(() => {
  loads = [];
});

function modelKeptFor(keptForMs: number): ModelLoad {
  return new ModelLoad({
    keptForMs,
    load: (loadSignal) =>
      new Promise((resolve, reject) => {
        loads.push({ signal: loadSignal, succeed: resolve, fail: reject });
        loadSignal.addEventListener('abort', () => reject(loadSignal.reason as Error));
      }),
  });
}

/** A model that is loaded, and a clock that only the test moves. */
async function loadedModel(keptForMs: number): Promise<ModelLoad> {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const model = modelKeptFor(keptForMs);
  const ready = model.ready(signal);
  loads[0]?.succeed();
  await ready;
  return model;
}

test('who loses patience leaves, and the load goes on for the next', async () => {
  const model = modelKeptFor(1_000);
  const impatient = new AbortController();
  const first = model.ready(impatient.signal);
  impatient.abort(new Error('gave up'));
  await expect(first).rejects.toThrow('gave up');
  await expect(model.ready(impatient.signal)).rejects.toThrow('gave up');
  const second = model.ready(signal);
  expect(loads.map((load) => load.signal.aborted)).toEqual([false]);
  loads[0]?.succeed();
  await second;
});

test('a failed load is the error of all who wait, and the next one tries again', async () => {
  const model = modelKeptFor(1_000);
  const waiting = [model.ready(signal), model.ready(signal)];
  loads[0]?.fail(new Error('out of memory'));
  for (const waiter of waiting) await expect(waiter).rejects.toThrow('out of memory');
  const next = model.ready(signal);
  expect(loads).toHaveLength(2);
  loads[1]?.succeed();
  await next;
});

test('a load whose every waiter has left may fail without anyone noticing', async () => {
  const model = modelKeptFor(1_000);
  const impatient = new AbortController();
  const waiter = model.ready(impatient.signal);
  impatient.abort();
  await expect(waiter).rejects.toThrow();
  loads[0]?.fail(new Error('out of memory'));
  await nextTurn();
});

test('a model that was used lately is ready without a load; one that nobody used for long is not', async () => {
  const model = await loadedModel(1_000);
  vi.advanceTimersByTime(800);
  await model.ready(signal);
  model.used();
  vi.advanceTimersByTime(800);
  await model.ready(signal);
  expect(loads).toHaveLength(1);
  vi.advanceTimersByTime(150);
  void model.ready(signal);
  expect(loads).toHaveLength(2);
});

test('a model that is kept for ever is ready for ever', async () => {
  const model = await loadedModel(Infinity);
  vi.advanceTimersByTime(1e12);
  await model.ready(signal);
  expect(loads).toHaveLength(1);
});

test('a model that is not kept is loaded for each request, and never for nobody', async () => {
  const model = await loadedModel(0);
  void model.ready(signal);
  expect(loads).toHaveLength(2);
  loads[1]?.succeed();
  await nextTurn();
  model.renew();
  expect(loads).toHaveLength(2);
});

test('after a doubt the next request asks; a renewal asks at once', async () => {
  const model = await loadedModel(1_000);
  model.doubt();
  expect(loads).toHaveLength(1);
  model.renew();
  expect(loads).toHaveLength(2);
  const next = model.ready(signal);
  loads[1]?.succeed();
  await next;
  expect(loads).toHaveLength(2);
});

test('a server that closes gives up its load', async () => {
  const model = modelKeptFor(1_000);
  const waiter = model.ready(signal);
  model.close();
  await expect(waiter).rejects.toThrow();
  expect(loads[0]?.signal.aborted).toBe(true);
});
