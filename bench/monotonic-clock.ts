/** One clock for all processes of this machine, so that what one sent and another saw can be subtracted. */

/** Milliseconds; of use only against each other. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A moment of this process's `performance.now()`, which counts from the start of its process, on the common clock. */
export function toMonotonicMs(nowMs: number): number {
  return monotonicMs() - (performance.now() - nowMs);
}
