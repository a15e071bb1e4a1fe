/**
 * Where named threads are kept. A thread belongs to its user and outlives a connection. In memory for now:
 * a store that outlives the process implements the same interface.
 */
import { type MemoryKeeper, unlimitedMemory } from './memory-keeper.ts';
import { Thread, type ThreadLimits } from './thread.ts';

export interface ThreadStore {
  /** The thread of that name; a new, empty one where there is none. */
  open(user: string, name: string): Thread;
}

export interface MemoryThreadStoreOptions {
  limits: ThreadLimits;
  /** How many threads are kept; the least recently used goes first, and never one on which something runs. */
  size?: number;
  /** Counts what all of them keep. Default: nothing does. */
  keeper?: MemoryKeeper;
}

const usualSize = 10_000;

export class MemoryThreadStore implements ThreadStore {
  readonly #limits: ThreadLimits;
  readonly #size: number;
  readonly #keeper: MemoryKeeper;
  /** In the order of their use, the newest last. */
  readonly #threads = new Map<string, Thread>();

  constructor({ limits, size = usualSize, keeper = unlimitedMemory }: MemoryThreadStoreOptions) {
    this.#limits = limits;
    this.#size = size;
    // Where there is no room, the thread that nobody used for longest makes some.
    this.#keeper = {
      take: (bytes) => {
        while (!keeper.take(bytes)) if (!this.#forgetOldest()) return false;
        return true;
      },
      give: (bytes) => keeper.give(bytes),
    };
  }

  open(user: string, name: string): Thread {
    const key = JSON.stringify([user, name]);
    const thread = this.#threads.get(key) ?? new Thread(this.#limits, this.#keeper);
    this.#threads.delete(key);
    this.#threads.set(key, thread);
    if (this.#threads.size > this.#size) this.#forgetOldest();
    return thread;
  }

  /** False where there is none that is idle. */
  #forgetOldest(): boolean {
    for (const [key, thread] of this.#threads) {
      if (!thread.idle) continue;
      this.#threads.delete(key);
      thread.reset();
      return true;
    }
    return false;
  }
}
