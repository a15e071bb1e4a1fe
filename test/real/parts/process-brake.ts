/** Owns stopping the processes that another one has started, in the middle of their work, and letting them go on. */
import { childrenOf } from './children-of.ts';

/** Holds and releases all children that a process has at that moment. Both may be called again and again. */
export class ProcessBrake {
  readonly #parent: number;
  readonly #held = new Set<number>();

  constructor(parentPid: number) {
    this.#parent = parentPid;
  }

  hold(): void {
    for (const pid of childrenOf(this.#parent)) {
      if (signal(pid, 'SIGSTOP')) this.#held.add(pid);
    }
  }

  release(): void {
    for (const pid of this.#held) signal(pid, 'SIGCONT');
    this.#held.clear();
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
