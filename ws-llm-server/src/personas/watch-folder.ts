/**
 * Tells when files in a folder change: at once where the system says so, and else within a few seconds, as on network folders and
 * in containers. Survives a folder that goes and comes back. Knows nothing of what the files are.
 */
import { type FSWatcher, watch as watchPath } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface WatchFolderOptions {
  /** Which files matter. Others cost nothing and tell nothing. */
  isRelevant: (file: string) => boolean;
  /** Some files may not be as they were. Comes after each change, once for all that happen together, and once after the start. */
  onChange: () => void;
  /** How often to look without being told. Default 2 s. */
  pollMs?: number;
  /** How long nothing may happen before it is told: editors save in several steps. Default 50 ms. */
  settleMs?: number;
  /** How long changes that follow each other without a pause may put it off. Default 500 ms. */
  settleAtMostMs?: number;
  /** Default: Node's own. */
  watch?: typeof watchPath;
}

/** A look may use one part in so many of the time. */
const restOfLook = 20;
/** Longest pause between looks, as a multiple of the usual one. */
const slowest = 5;
/** More files are watched by the system alone. */
const maxFiles = 2_000;

/** Ends all of it. */
export type StopWatching = () => void;

/** Never throws, also where the folder is not there. Keeps no process alive. */
export function watchFolder(path: string, options: WatchFolderOptions): StopWatching {
  const { isRelevant, onChange, pollMs = 2_000, watch = watchPath } = options;
  const { settleMs = 50, settleAtMostMs = 500 } = options;
  let watcher: FSWatcher | undefined;
  let settling: NodeJS.Timeout | undefined;
  /** When the first change came that is not told yet. */
  let firstChange: number | undefined;
  let lastFolder: string | undefined;
  let lastFiles: string | undefined;
  let isClosed = false;

  const settle = (): void => {
    clearTimeout(settling);
    firstChange ??= performance.now();
    const latest = firstChange + settleAtMostMs - performance.now();
    settling = setTimeout(
      () => {
        firstChange = undefined;
        onChange();
      },
      Math.min(settleMs, Math.max(0, latest)),
    ).unref();
  };
  const unwatch = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const rewatch = (): void => {
    unwatch();
    try {
      watcher = watch(path, { persistent: false }, (_event, file) => {
        if (file === null || isRelevant(file)) settle();
      });
      watcher.on('error', unwatch);
    } catch {
      // Not there, or no more watches to be had: looking now and then is enough.
    }
  };
  const look = async (): Promise<void> => {
    const folder = await folderOf(path);
    if (isClosed) return;
    // A watch stays with the folder that it was set on, also when another one has its name now.
    if (watcher === undefined || folder !== lastFolder) rewatch();
    lastFolder = folder;
    const files = await filesOf(path, isRelevant);
    if (isClosed) return;
    // The first look too: what happened before it is not known.
    if (files !== lastFiles) settle();
    lastFiles = files;
  };

  let poll: NodeJS.Timeout | undefined;
  const keepLooking = async (): Promise<void> => {
    const start = performance.now();
    await look();
    if (isClosed) return;
    // In a folder with very many files, or on a network folder that is away, a look takes long.
    const lookMs = performance.now() - start;
    const pauseMs = Math.min(Math.max(pollMs, restOfLook * lookMs), slowest * pollMs);
    poll = setTimeout(() => void keepLooking(), pauseMs).unref();
  };

  void keepLooking();
  return () => {
    isClosed = true;
    clearTimeout(poll);
    clearTimeout(settling);
    unwatch();
  };
}

/** Which folder it is, whatever its name; empty where there is none. */
async function folderOf(path: string): Promise<string> {
  const folder = await stat(path, { bigint: true }).catch(() => undefined);
  return folder === undefined ? '' : `${folder.dev} ${folder.ino}`;
}

/** Every file that matters, with what changes when it is written; empty where there is none. */
async function filesOf(path: string, isRelevant: (file: string) => boolean): Promise<string> {
  const names = await readdir(path).catch(() => []);
  const relevant = names.filter(isRelevant).toSorted();
  const files = relevant.slice(0, maxFiles).map(async (name) => {
    const file = await stat(join(path, name), { bigint: true }).catch(() => undefined);
    return `${name} ${file?.ino} ${file?.size} ${file?.mtimeNs} ${file?.ctimeNs}`;
  });
  return [String(relevant.length), ...(await Promise.all(files))].join('\n');
}
