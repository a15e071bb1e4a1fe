/** One timer that never keeps a Node process alive. Needs nothing but the clock that every platform has. */

declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(handle: unknown): void;

/** Every platform takes a longer delay for none at all. */
const longestMs = 2_147_483_647;

/** Calls `callback` once after `delayMs`, about 24 days at most; the function that it returns stops it. */
export function startTimer(delayMs: number, callback: () => void): () => void {
  const handle = setTimeout(callback, Math.min(delayMs, longestMs));
  if (canUnref(handle)) handle.unref();
  return () => clearTimeout(handle);
}

function canUnref(handle: unknown): handle is { unref(): void } {
  return typeof handle === 'object' && handle !== null && 'unref' in handle;
}
