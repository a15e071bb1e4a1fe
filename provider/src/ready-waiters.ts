/**
 * Callers that wait for the `ready` of one connection. Each leaves when the connection is ready or
 * fails, or when its own wait is over: a caller that gave up must not stay until the server
 * answers.
 */
import type { ConnectionError } from '@ws-llm/client';

interface Waiter {
  resolve(): void;
  reject(error: ConnectionError): void;
}

export class ReadyWaiters {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves when the connection is ready, or when `over` aborts: check which.
   * @throws the ConnectionError that `refuse` is given
   */
  wait(over: AbortSignal): Promise<void> {
    if (over.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        over.removeEventListener('abort', abort);
      };
      const abort = (): void => waiter.resolve();
      const waiter: Waiter = {
        resolve: () => {
          leave();
          resolve();
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      over.addEventListener('abort', abort);
    });
  }

  tell(): void {
    for (const waiter of this.#waiters) waiter.resolve();
  }

  refuse(error: ConnectionError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
