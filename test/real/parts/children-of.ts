/** Owns who was started by a process, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** The ids of the children that a process has now; the kernel lists them for each of its threads. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    // The process, or the thread, ended while we looked: what it had started is not its own any more.
    return [];
  }
}
