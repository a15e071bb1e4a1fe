/**
 * Downloads of models, each once however many ask for it: who asks for one that runs joins it. It is stopped when the last who asked
 * has left. Knows no HTTP.
 */
import type { Backend, PullProgress } from '../backend.ts';

const maxWaitingSteps = 64;

interface Reader {
  /** Steps that it has not read yet: the latest of each status, at most 64. */
  steps: PullProgress[];
  wake: (() => void) | undefined;
}

interface RunningPull {
  readonly abort: AbortController;
  readonly readers: Set<Reader>;
  latest: PullProgress | undefined;
  end: { error?: unknown } | undefined;
}

export class SharedPulls {
  readonly #backend: Pick<Backend, 'pull'>;
  readonly #running = new Map<string, RunningPull>();

  /** `backend`: one that can pull. */
  constructor(backend: Pick<Backend, 'pull'>) {
    this.#backend = backend;
  }

  /** Progress from now on, until the model is there. The iterator throws as the download does; ends when `signal` aborts. */
  async *join(
    model: string,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<PullProgress, void, undefined> {
    const pull = this.#running.get(model) ?? this.#start(model);
    const reader: Reader = { steps: pull.latest === undefined ? [] : [pull.latest], wake: undefined };
    const leave = (): void => reader.wake?.();
    pull.readers.add(reader);
    signal.addEventListener('abort', leave, { once: true });
    try {
      while (!signal.aborted) {
        const step = reader.steps.shift();
        if (step !== undefined) yield step;
        else if (pull.end === undefined) await new Promise<void>((wake) => (reader.wake = wake));
        else if ('error' in pull.end) throw pull.end.error;
        else return;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      pull.readers.delete(reader);
      if (pull.readers.size === 0) this.#stop(model, pull);
    }
  }

  #start(model: string): RunningPull {
    const pull: RunningPull = {
      abort: new AbortController(),
      readers: new Set(),
      latest: undefined,
      end: undefined,
    };
    this.#running.set(model, pull);
    void this.#run(model, pull);
    return pull;
  }

  async #run(model: string, pull: RunningPull): Promise<void> {
    try {
      await this.#backend.pull?.(model, {
        signal: pull.abort.signal,
        onProgress(step) {
          pull.latest = step;
          for (const reader of pull.readers) tell(reader, step);
        },
      });
      pull.end = {};
    } catch (error) {
      pull.end = { error };
    }
    if (this.#running.get(model) === pull) this.#running.delete(model);
    for (const { wake } of pull.readers) wake?.();
  }

  #stop(model: string, pull: RunningPull): void {
    if (this.#running.get(model) === pull) this.#running.delete(model);
    pull.abort.abort();
  }
}

function tell(reader: Reader, step: PullProgress): void {
  const last = reader.steps.at(-1);
  if (last?.status === step.status) reader.steps[reader.steps.length - 1] = step;
  else reader.steps.push(step);
  // A server may send a new status with each step, and the client may not read.
  if (reader.steps.length > maxWaitingSteps) reader.steps.shift();
  reader.wake?.();
}
