/**
 * The processes that this one has started, LiveKit's among them: each room has one, and another
 * waits for the next room. LiveKit lets those that are still starting run on for a quarter of a
 * minute after it has ended.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';

const children = new Set<ChildProcess>();

/** Call before anything is started. */
export function watchChildren(): void {
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    children.add(child);
    child.once('exit', () => children.delete(child));
  });
}

/** Ends them all, without a chance to tidy up. */
export function killChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}
