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
 * What `promise` gives, or undefined where `signal` aborts first. Keeps Node alive meanwhile.
 * @throws what `promise` throws, or `late()` when the time is up
 */
export async function within<T>(promise: Promise<T>, options: WithinOptions): Promise<T | undefined> {
  const { timeoutMs, signal, late } = options;
  if (signal?.aborted === true) return undefined;
  const stopping = new AbortController();
  const end = new Promise<undefined>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), timerMs(timeoutMs));
    stopping.signal.addEventListener('abort', () => clearTimeout(timer));
    signal?.addEventListener('abort', () => resolve(undefined), { signal: stopping.signal });
  });
  try {
    return await Promise.race([promise, end]);
  } finally {
    stopping.abort();
  }
}
