/** A change in a folder is told whatever way it was made, also where the system tells nothing, and also after the folder was away. */
import { mkdirSync, renameSync, rmSync, watch } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchFolder, type WatchFolderOptions } from '../../src/personas/watch-folder.ts';
import { type ScratchFolder, scratchFolder } from './scratch-folder.ts';

/** A system that has no more watches to give, and one whose watches never tell anything, as on some network folders. */
const refusing = (() => {
  throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), {
    code: 'ENOSPC',
  });
}) as unknown as typeof watch;
const silent = (() => ({ close() {}, on() {} })) as unknown as typeof watch;

interface Watching {
  folder: ScratchFolder;
  /** Resolves at the next change that is told. */
  told: () => Promise<void>;
  count: () => number;
  stop: () => void;
}

/** Resolves when it has told for the first time, which it does at its start. */
async function watching(
  options: Partial<WatchFolderOptions> = {},
  folder = scratchFolder(),
): Promise<Watching> {
  let count = 0;
  let wake: () => void = () => undefined;
  const told = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const started = told();
  const stop = watchFolder(folder.path, {
    isRelevant: (file) => file.endsWith('.md'),
    onChange() {
      count += 1;
      wake();
    },
    settleMs: 10,
    ...options,
  });
  onTestFinished(stop);
  await started;
  return { folder, told, count: () => count, stop };
}

const patient = { timeout: 8_000, interval: 5 };

/** So slow that a test that waited for it would fail. */
const never = { pollMs: 3_600_000 };

test.each<[string, (folder: ScratchFolder) => void]>([
  ['created', (folder) => folder.write('new.md', 'x')],
  ['written', (folder) => folder.write('a.md', 'x')],
  ['replaced by another that takes its name', (folder) => folder.replace('a.md', 'x')],
  ['removed', (folder) => folder.remove('a.md')],
])('a file that is %s is told by the system, without looking', async (_, change) => {
  const folder = scratchFolder();
  folder.write('a.md', 'a');
  const { told } = await watching(never, folder);
  const changed = told();
  change(folder);
  await changed;
});

test.each([
  ['refuses watches', refusing],
  ['gives watches that tell nothing', silent],
])('on a system that %s a change is found by looking', async (_, system) => {
  const { folder, told } = await watching({ watch: system, pollMs: 10 });
  for (const text of ['a', 'b']) {
    const changed = told();
    folder.write('a.md', text);
    await changed;
  }
  const changed = told();
  folder.remove('a.md');
  await changed;
});

test('several steps of one save are told once', async () => {
  const { folder, told, count } = await watching({ ...never, settleMs: 100 });
  const changed = told();
  for (let step = 0; step < 10; step += 1) folder.write('a.md', String(step));
  await changed;
  expect(count()).toBe(2);
});

test('files that change without a pause are told all the same', async () => {
  const { folder, told } = await watching({ ...never, settleMs: 3_600_000, settleAtMostMs: 100 });
  const changed = told();
  let writes = 0;
  const writing = setInterval(() => folder.write('a.md', String((writes += 1))), 20);
  onTestFinished(() => clearInterval(writing));
  await changed;
  await told();
});

test.each([
  ['tells of them', undefined],
  ['tells nothing', silent],
])('files that do not matter are not told, on a system that %s', async (_, system) => {
  let looks = 0;
  const { folder, count } = await watching({
    pollMs: 5,
    ...(system !== undefined && { watch: system }),
    isRelevant(file) {
      if (file === 'b.txt') looks += 1;
      return file.endsWith('.md');
    },
  });
  folder.write('b.txt', 'x');
  await vi.waitUntil(() => looks > 10, patient);
  folder.write('b.txt', 'y');
  await vi.waitUntil(() => looks > 20, patient);
  expect(count()).toBe(1);
});

test('a folder that is not there yet is found when it comes', async () => {
  const folder = scratchFolder();
  rmSync(folder.path, { recursive: true });
  const { told } = await watching({ pollMs: 10 }, folder);
  const changed = told();
  folder.write('a.md', 'x');
  await changed;
});

test('a folder that was replaced by another of its name is watched again', async () => {
  const folder = scratchFolder();
  folder.write('a.md', 'a');
  let watches = 0;
  const counting = ((...args: Parameters<typeof watch>) => {
    const watcher = watch(...args);
    watches += 1;
    return watcher;
  }) as typeof watch;
  const { told } = await watching({ pollMs: 10, watch: counting }, folder);
  expect(watches).toBe(1);
  const replaced = told();
  renameSync(folder.path, `${folder.path}-old`);
  onTestFinished(() => rmSync(`${folder.path}-old`, { recursive: true }));
  mkdirSync(folder.path);
  folder.write('a.md', 'another');
  await replaced;
  // A look that comes between the two lines above finds no folder, and sets its watch twice.
  await vi.waitUntil(() => watches > 1, patient);
  const changed = told();
  folder.write('b.md', 'x');
  await changed;
});

test('nothing is told after the end', async () => {
  const { folder, told, count, stop } = await watching({ pollMs: 10 });
  const changed = told();
  folder.write('a.md', 'x');
  await changed;
  stop();
  const before = count();
  folder.write('b.md', 'x');
  // Another one sees it, so there was time enough.
  const other = await watching({ pollMs: 10 }, folder);
  const seen = other.told();
  folder.write('c.md', 'x');
  await seen;
  expect(count()).toBe(before);
});
