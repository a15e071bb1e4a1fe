/** Waiting with an end: for a promise, but not longer than a time, and not after an abort. Leaves no timer and no listener behind. */

export interface WithinOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  /** What to throw when the time is up. */
  late: () => Error;
}

/** The longest that Node can time: a longer delay would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** @returns a delay that `setTimeout` takes; no end where `timeoutMs` is not a positive, finite number */
export function timerMs(timeoutMs: number): number {
  return timeoutMs > 0 && timeoutMs < longestTimerMs ? timeoutMs : longestTimerMs;
}

/**
 * Starts `work` and resolves with its result, or with undefined where `signal` aborts first: then
 * nothing is started if it was aborted before. `work` is given a signal that aborts as soon as its
 * result is of no use any more, so that it can stop waiting. Keeps Node alive meanwhile.
 * @throws what `work` throws, or `late()` when the time is up
 */
export async function within<T>(
  work: (over: AbortSignal) => Promise<T>,
  options: WithinOptions,
): Promise<T | undefined> {
  const { timeoutMs, signal, late } = options;
  if (signal?.aborted === true) return undefined;
  const over = new AbortController();
  const end = new Promise<undefined>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), timerMs(timeoutMs));
    over.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    signal?.addEventListener('abort', () => resolve(undefined), { signal: over.signal });
  });
  try {
    return await Promise.race([work(over.signal), end]);
  } finally {
    over.abort();
  }
}
