/** One task that several wait for. It is aborted when the last of them has left, and not before. */
import { unlessAborted } from './unless-aborted.ts';

export class SharedTask<T> {
  readonly #abort = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;

  /** Starts at once. */
  constructor(run: (signal: AbortSignal) => Promise<T>) {
    this.#result = run(this.#abort.signal);
    // A failure is for who waits; nobody may be left.
    this.#result.catch(() => undefined);
  }

  /** Nobody wants it any more, so nobody can join it. */
  get abandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Resolves and rejects as the task does; rejects with the signal's reason when that aborts first. */
  async join(signal: AbortSignal): Promise<T> {
    this.#waiting += 1;
    try {
      return await unlessAborted(this.#result, signal);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#abort.abort();
    }
  }
}
