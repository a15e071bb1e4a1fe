/**
 * Which file of a persona's code is running, also in what that code starts and does not await: timers,
 * sockets, promises. So an error that nothing catches can be reported with the file that caused it, where
 * its stack names none. Imports nothing of the server.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const runningFile = new AsyncLocalStorage<string>();

/** Runs `work`, which is code of `file`. */
export function asCodeOf<Result>(file: string, work: () => Result): Result {
  return runningFile.run(file, work);
}

/** The file whose code runs now; undefined: the server's own code. */
export function runningForeignFile(): string | undefined {
  return runningFile.getStore();
}
