/**
 * Time as this process got it. Nothing ages while a busy machine gives it none: what takes too long by this clock is not the machine's
 * fault.
 */

const everyMs = 10;
/** As much as passes at once, however long it was. */
const mostMs = 40;
/** So much before its time a timer may come, which counts from when its turn of the event loop began; a longer turn is a stall. */
export const earlyMs = mostMs + 2;

let awakeForMs = 0;
let lastAt = performance.now();
/** Longer than this nothing keeps its deadlines, connections included. */
const starvedMs = 500;
let stalledAt = -Infinity;
let starvedAt = -Infinity;

setInterval(() => {
  const now = performance.now();
  if (now - lastAt > mostMs) stalledAt = now;
  if (now - lastAt > starvedMs) starvedAt = now;
  awakeForMs += Math.min(now - lastAt, mostMs);
  lastAt = now;
}, everyMs).unref();

/** In milliseconds. */
export function awakeMs(): number {
  return awakeForMs;
}

/** Whether the process got no time for a while after `at`, which is of `performance.now`: then timers were late, or counted from before. */
export function hasStalledSince(at: number): boolean {
  return stalledAt >= at || performance.now() - lastAt > mostMs;
}

/** Whether it got none for so long after `at` that whatever waits for something may have given up. */
export function hasStarvedSince(at: number): boolean {
  return starvedAt >= at || performance.now() - lastAt > starvedMs;
}
