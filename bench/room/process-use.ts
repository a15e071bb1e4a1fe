/** What the processes of one worker use, as Linux counts it: one for each room, and one that is ready for the next. */
import { readFileSync } from 'node:fs';
import { childrenOf } from '../../test/real/parts/children-of.ts';
import { childrenProcessorMs } from '../../test/real/parts/processor-time.ts';

export interface ProcessUse {
  /** Since each was started. */
  processorMs: number;
  /** Their share of what they share with others included (PSS). */
  memoryBytes: number;
}

export function useOfRooms(workerPid: number): ProcessUse {
  const memoryBytes = childrenOf(workerPid).reduce((sum, pid) => sum + memoryOf(pid), 0);
  return { processorMs: childrenProcessorMs(workerPid), memoryBytes };
}

function memoryOf(pid: number): number {
  try {
    const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss: +(\d+) kB/m.exec(lines)?.[1] ?? NaN) * 1024;
  } catch {
    // It ended while we looked.
    return 0;
  }
}
