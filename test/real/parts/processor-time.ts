/** Owns how much of the processors the children of a process have used, as Linux counts it. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf } from './children-of.ts';

/** Linux tells times to programs in hundredths of a second, whatever it counts in itself. */
const msPerTick = 10;

/** In milliseconds, of all children together, since each was started; may pass faster than time where they use several processors. */
export function childrenProcessorMs(parentPid: number): number {
  return childrenOf(parentPid).reduce((sum, pid) => sum + processorMs(pid), 0);
}

/**
 * How long the children go on using the processors from `sinceMs` (of `performance.now()`) on: until the last time that they had used
 * some, once they have used none for `quietMs`. Gives up, and returns Infinity, after `deadlineMs`.
 */
export async function runsOnForMs(
  parentPid: number,
  { sinceMs, quietMs, deadlineMs }: { sinceMs: number; quietMs: number; deadlineMs: number },
): Promise<number> {
  let used = childrenProcessorMs(parentPid);
  let lastUsedAt = sinceMs;
  for (;;) {
    await pause(20);
    const now = performance.now();
    const usedNow = childrenProcessorMs(parentPid);
    if (usedNow > used) lastUsedAt = now;
    used = usedNow;
    if (now - lastUsedAt >= quietMs) return lastUsedAt - sinceMs;
    if (now - sinceMs >= deadlineMs) return Infinity;
  }
}

function processorMs(pid: number): number {
  try {
    // The name of the program stands in brackets and may hold spaces; after it, from the third field on, there are only numbers and a letter.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system] = [fields[11], fields[12]];
    return (Number(user) + Number(system)) * msPerTick;
  } catch {
    // It ended while we looked.
    return 0;
  }
}
