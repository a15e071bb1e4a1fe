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
  /** Default: Node's own. */
  watch?: typeof watchPath;
}

/** Ends all of it. */
export type StopWatching = () => void;

/** Never throws, also where the folder is not there. Keeps no process alive. */
export function watchFolder(path: string, options: WatchFolderOptions): StopWatching {
  const { isRelevant, onChange, pollMs = 2_000, settleMs = 50, watch = watchPath } = options;
  let watcher: FSWatcher | undefined;
  let settling: NodeJS.Timeout | undefined;
  let lastFolder: string | undefined;
  let lastFiles: string | undefined;
  let isClosed = false;

  const settle = (): void => {
    clearTimeout(settling);
    settling = setTimeout(onChange, settleMs).unref();
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

  let isLooking = false;
  const lookOnce = async (): Promise<void> => {
    // On a network folder that is away it may take long.
    if (isLooking) return;
    isLooking = true;
    await look();
    isLooking = false;
  };

  void lookOnce();
  const poll = setInterval(() => void lookOnce(), pollMs).unref();
  return () => {
    isClosed = true;
    clearInterval(poll);
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
  const files = names
    .filter(isRelevant)
    .toSorted()
    .map(async (name) => {
      const file = await stat(join(path, name), { bigint: true }).catch(() => undefined);
      return `${name} ${file?.ino} ${file?.size} ${file?.mtimeNs} ${file?.ctimeNs}`;
    });
  return (await Promise.all(files)).join('\n');
}
