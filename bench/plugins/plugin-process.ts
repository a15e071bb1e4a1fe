/** A plugin at work in a process of its own, because a process is what is measured. Knows nothing of what is made of the numbers. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CandidateName } from './candidates.ts';

/** What one turn cost, in milliseconds. */
export interface TurnCost {
  /** Of the processor, from `chat()` until the request is handed to its socket: what is the plugin's own, and no system's. */
  askingMs: number;
  /** Of the processor, from `chat()` until the stream has ended. */
  turnMs: number;
  /** By the clock, from `chat()` until the first word is there. */
  firstWordMs: number;
}

/** A new talk, which begins with so many items; each turn adds two. */
export interface Talk {
  items: number;
  turns: number;
}

const program = fileURLToPath(new URL('work-program.ts', import.meta.url));

export class PluginProcess {
  readonly #child: ChildProcess;

  /** `port`: where what it asks listens. */
  constructor(name: CandidateName, port: number) {
    const execArgv = ['--import', 'tsx', '--conditions=source'];
    this.#child = fork(program, [name, String(port)], { execArgv });
  }

  /** Turn by turn. One talk at a time. @throws where the process ends before */
  async talk(talk: Talk): Promise<TurnCost[]> {
    const given = new AbortController();
    const { signal } = given;
    try {
      this.#child.send(talk);
      return await Promise.race([
        once(this.#child, 'message', { signal }).then(([costs]) => costs as TurnCost[]),
        once(this.#child, 'exit', { signal }).then(() => {
          throw new Error('the plugin ended before all was measured');
        }),
      ]);
    } finally {
      given.abort();
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
