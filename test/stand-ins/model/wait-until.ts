/**
 * Waiting for a point in time. Whoever schedules against the clock, and not from one wait to the next, never adds up lateness.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves at `dueAt`, in milliseconds of `performance.now()`, never before it; at once where it has passed. Rejects on abort. */
export async function waitUntil(dueAt: number, signal: AbortSignal): Promise<void> {
  // A timer may fire up to a millisecond early: the event loop rounds its own clock down.
  for (;;) {
    const leftMs = dueAt - performance.now();
    if (leftMs <= 0) return;
    await pause(Math.max(1, Math.floor(leftMs)), undefined, { signal });
  }
}
