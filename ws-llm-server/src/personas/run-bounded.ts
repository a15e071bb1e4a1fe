/** Work that may fail or hang, ended in any case: by itself, by a deadline, or by whoever waits for it. Knows nothing of the work. */
import { guardedSignal } from '../guarded-signal.ts';

export type BoundedOutcome<T> =
  | { type: 'returned'; value: T }
  | { type: 'threw'; error: unknown }
  | { type: 'late' }
  | { type: 'cancelled' };

/**
 * Runs `work` until it ends, `signal` aborts or `deadlineMs` have passed, whichever comes first; in the last two cases the signal that
 * it was given aborts, and what it still does is nobody's. Never rejects.
 * @param onListenerThrow called for an abort listener of the work that throws
 */
export function runBounded<T>(
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  {
    signal: outer,
    deadlineMs,
    onListenerThrow,
  }: { signal: AbortSignal; deadlineMs: number; onListenerThrow?: () => void },
): Promise<BoundedOutcome<T>> {
  if (outer.aborted) return Promise.resolve({ type: 'cancelled' });
  const inner = new AbortController();
  return new Promise((resolve) => {
    const end = (outcome: BoundedOutcome<T>): void => {
      clearTimeout(timer);
      outer.removeEventListener('abort', cancel);
      resolve(outcome);
      if (outcome.type === 'late' || outcome.type === 'cancelled') inner.abort();
    };
    const cancel = (): void => end({ type: 'cancelled' });
    const timer = setTimeout(() => end({ type: 'late' }), deadlineMs);
    outer.addEventListener('abort', cancel, { once: true });
    // Both handlers stay after the end, so that a late failure is no unhandled rejection.
    void Promise.resolve(guardedSignal([inner.signal], onListenerThrow))
      .then(work)
      .then(
        (value) => end({ type: 'returned', value }),
        (error: unknown) => end({ type: 'threw', error }),
      );
  });
}
