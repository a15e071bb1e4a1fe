/** Owns waiting for something that happens elsewhere: with a deadline, and ended by the end of who would make it happen. */

interface Waiter<T> {
  matches(value: T): boolean;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** A source of values that tests wait for. */
export class Happenings<T> {
  readonly #waiters = new Set<Waiter<T>>();
  #end: Error | undefined;

  /** Hands a value to all who wait for one like it. */
  publish(value: T): void {
    for (const waiter of this.#waiters) if (waiter.matches(value)) waiter.resolve(value);
  }

  /** Rejects all who wait, and whoever will. */
  end(reason: Error): void {
    this.#end ??= reason;
    for (const waiter of this.#waiters) waiter.reject(reason);
  }

  /**
   * Resolves with the next value, from now on, that matches.
   * @throws Error that says `what` was awaited, once the deadline has passed.
   */
  next(what: string, deadlineMs: number, matches: (value: T) => boolean = () => true): Promise<T> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiter.reject(new Error(`${what} did not happen within ${deadlineMs} ms`));
      }, deadlineMs);
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter<T> = {
        matches,
        resolve(value) {
          settle();
          resolve(value);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }
}
