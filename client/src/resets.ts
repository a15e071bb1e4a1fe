/**
 * The resets of one v1 socket that wait for their answers. They have no ids: a server answers them in order, and names the thread.
 */

interface Waiter {
  thread: string | undefined;
  resolve(): void;
  reject(error: Error): void;
}

export class Resets {
  readonly #waiters: Waiter[] = [];

  get size(): number {
    return this.#waiters.length;
  }

  /** Resolves with the answer. */
  add(thread: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ thread, resolve, reject });
    });
  }

  answered(thread: string | undefined): void {
    const index = this.#waiters.findIndex((waiter) => waiter.thread === thread);
    if (index !== -1) this.#waiters.splice(index, 1)[0]?.resolve();
  }

  /** The server answered something that was no request by an error; what but a reset can that be? False where none waits. */
  refused(message: string): boolean {
    const waiter = this.#waiters.shift();
    waiter?.reject(new Error(message));
    return waiter !== undefined;
  }

  rejectAll(message: string): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error(message));
  }
}
