/** What the connections of one case share: the named threads of their user, and the transcript. */
import type { Coverage } from './coverage.ts';
import { ExpectedThread } from './expected-thread.ts';
import type { LawWorld } from './law-world.ts';
import type { Script, Seat, ThreadName } from './step.ts';
import { Transcript } from './transcript.ts';

export interface CaseOptions {
  world: LawWorld;
  coverage: Coverage;
  /** How long nothing at all may happen while a client waits, in milliseconds. */
  quietMs: number;
  /** Gives up: rejects with its reason. */
  signal: AbortSignal;
}

/** A connection that uses a named thread, and how to wait until the server has got all that it sent. */
interface ThreadUser {
  connection: object;
  fence: () => Promise<void>;
}

/** A thread by the name that goes over the wire. */
export interface NamedThread {
  readonly name: string;
  readonly expected: ExpectedThread;
}

interface UsedThread extends NamedThread {
  lastUser: ThreadUser | undefined;
}

let cases = 0;

export class LawCase {
  readonly script: Script;
  readonly options: CaseOptions;
  readonly transcript = new Transcript();
  readonly #name: string;
  readonly #threads: Record<ThreadName, UsedThread>;
  #connections = 0;

  constructor(script: Script, options: CaseOptions) {
    cases += 1;
    this.script = script;
    this.options = options;
    // As long for every case: where bytes are split must not depend on how many cases ran before.
    this.#name = `k${String(cases).padStart(6, '0')}`;
    const thread = (name: ThreadName): UsedThread => ({
      name: `${this.#name} ${name}`,
      expected: new ExpectedThread(),
      lastUser: undefined,
    });
    this.#threads = { a: thread('a'), b: thread('b') };
  }

  /** For a new connection. No other one of any case has it. */
  newName(seat: Seat): string {
    this.#connections += 1;
    return `${this.#name}.${this.#connections}${seat === 'one' ? '' : '*'}`;
  }

  /** The named thread, for what `user` sends next: the server has got before what another one sent. */
  async useThread(name: ThreadName, user: ThreadUser): Promise<NamedThread> {
    const thread = this.#threads[name];
    const { lastUser } = thread;
    thread.lastUser = user;
    if (lastUser !== undefined && lastUser.connection !== user.connection) await lastUser.fence();
    return thread;
  }

  /** @throws LawBroken where a model saw anything but what a named thread remembers */
  checkThreads(): void {
    for (const { expected } of Object.values(this.#threads)) expected.check();
  }
}
