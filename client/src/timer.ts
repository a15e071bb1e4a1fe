/** One timer that never keeps a Node process alive. Needs nothing but the clock that every platform has. */

declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(handle: unknown): void;

/** Calls `callback` once after `delayMs`; the function that it returns stops it. */
export function startTimer(delayMs: number, callback: () => void): () => void {
  const handle = setTimeout(callback, delayMs);
  if (canUnref(handle)) handle.unref();
  return () => clearTimeout(handle);
}

function canUnref(handle: unknown): handle is { unref(): void } {
  return typeof handle === 'object' && handle !== null && 'unref' in handle;
}
