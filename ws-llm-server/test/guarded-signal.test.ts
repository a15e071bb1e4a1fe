/** Code that is not ours may throw in its abort listener, and the process goes on. */
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { guardedSignal } from '../src/guarded-signal.ts';

const source = fileURLToPath(new URL('../src/guarded-signal.ts', import.meta.url));

/** Listeners that throw, each in its own way. */
const throwing = [
  `signal.addEventListener('abort', () => { throw new Error('boom'); });`,
  `signal.addEventListener('abort', async () => { throw new Error('boom'); });`,
  `signal.addEventListener('abort', { handleEvent() { throw Object.create(null); } });`,
  `signal.addEventListener('abort', { get handleEvent() { throw new Error('boom'); } });`,
  `signal.addEventListener('abort', {});`,
  `signal.addEventListener('abort', () => ({ get then() { throw new Error('boom'); } }));`,
  `signal.onabort = () => { throw new Error('boom'); };`,
];

function run(listening: string, signalOf: string): { status: number | null; stdout: string } {
  const code = `import { guardedSignal } from ${JSON.stringify(source)};
    const abort = new AbortController();
    const reported = [];
    const signal = ${signalOf};
    ${listening}
    abort.abort();
    setTimeout(() => console.log('alive', reported.length), 20);`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

test('a listener that throws ends no process, however it is added, and each is reported', () => {
  const all = run(throwing.join('\n'), `guardedSignal([abort.signal], (why) => reported.push(why))`);
  expect(all).toMatchObject({ status: 0, stdout: `alive ${throwing.length}\n` });
  // The control: what the same listener does to a signal of Node.
  expect(run(throwing[0] ?? '', 'abort.signal').status).toBe(1);
});

test('it aborts with the first of its sources, and with its reason', () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const signal = guardedSignal([one.signal, other.signal]);
  other.abort(new Error('enough'));
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toEqual(new Error('enough'));
  expect(guardedSignal([other.signal]).aborted).toBe(true);
});

test('listeners are called as those of any signal are: once each, with the signal as this, until removed', () => {
  const abort = new AbortController();
  const signal = guardedSignal([abort.signal]);
  const calls: string[] = [];
  const seen: unknown[] = [];
  const twice = (): number => calls.push('twice');
  const removed = (): number => calls.push('removed');
  signal.addEventListener('abort', function (this: unknown, event) {
    seen.push(this, event.type);
  });
  signal.addEventListener('abort', twice);
  signal.addEventListener('abort', twice, { once: true });
  signal.addEventListener('abort', removed);
  signal.removeEventListener('abort', removed);
  for (const onabort of [removed, () => calls.push('onabort')]) Object.assign(signal, { onabort });
  abort.abort();
  expect(calls).toEqual(['twice', 'onabort']);
  expect(seen).toEqual([signal, 'abort']);
});

test('what Node accepts as a signal it accepts', async () => {
  const abort = new AbortController();
  const signal = guardedSignal([abort.signal]);
  const waiting = [
    pause(60_000, undefined, { signal }),
    fetch('http://192.0.2.1/', { signal }),
    new Promise((_, reject) => {
      const any = AbortSignal.any([signal]);
      any.addEventListener('abort', () => reject(any.reason as Error));
    }),
  ];
  abort.abort();
  const outcomes = await Promise.allSettled(waiting);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
