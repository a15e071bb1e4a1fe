/**
 * Where named threads are kept. A thread belongs to its user and outlives a connection. In memory for now: a store that outlives the
 * process implements the same interface.
 */
import { Thread } from './thread.ts';
import type { TurnLimits } from './turns.ts';

export interface ThreadStore {
  /** The thread of that name; a new, empty one where there is none. */
  open(user: string, name: string): Thread;
}

/** How many threads are kept; the one that was used longest ago goes first, and never one on which something runs. */
const maxThreads = 10_000;

export class MemoryThreadStore implements ThreadStore {
  readonly #limits: TurnLimits;
  readonly #size: number;
  /** In the order of their use, the newest last. */
  readonly #threads = new Map<string, Thread>();

  constructor(limits: TurnLimits, size: number = maxThreads) {
    this.#limits = limits;
    this.#size = size;
  }

  open(user: string, name: string): Thread {
    const key = JSON.stringify([user, name]);
    const thread = this.#threads.get(key) ?? new Thread(this.#limits);
    this.#threads.delete(key);
    this.#threads.set(key, thread);
    if (this.#threads.size > this.#size) this.#forgetOldest();
    return thread;
  }

  #forgetOldest(): void {
    for (const [key, thread] of this.#threads) {
      if (thread.idle) {
        this.#threads.delete(key);
        return;
      }
    }
  }
}
