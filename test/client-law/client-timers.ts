/** Counts the timers of the client that are still to fire: they keep no process alive, so nothing else shows them. */

export class ClientTimers {
  /** Timers that the client ever started. */
  started = 0;
  readonly #open = new Set<unknown>();
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;

  constructor() {
    const watched = (callback: () => void, delayMs?: number, ...rest: unknown[]) => {
      if (!isOfClient(new Error().stack)) return this.#setTimeout(callback, delayMs, ...rest);
      const timer = this.#setTimeout(() => {
        this.#open.delete(timer);
        callback();
      }, delayMs);
      this.started += 1;
      this.#open.add(timer);
      return timer;
    };
    globalThis.setTimeout = Object.assign(watched, this.#setTimeout) as typeof setTimeout;
    globalThis.clearTimeout = (timer) => {
      this.#open.delete(timer);
      this.#clearTimeout(timer);
    };
  }

  get open(): number {
    return this.#open.size;
  }

  restore(): void {
    globalThis.setTimeout = this.#setTimeout;
    globalThis.clearTimeout = this.#clearTimeout;
  }
}

function isOfClient(stack = ''): boolean {
  return /\/(?:client\/(?:src|dist)\/timer|provider\/src\/(?:within|attempt))\./.test(stack);
}
