/**
 * Owns the end of what was started together: the last started is stopped first, also where a later one does not start. Knows nothing of what
 * the parts are.
 */

type Stoppable = { stop(): Promise<unknown> } | { close(): Promise<unknown> };

/** Parts of one whole, in the order in which they were started. */
export class StartedParts {
  readonly #stops: (() => Promise<unknown>)[] = [];

  /** Takes a part that has been started, and returns it. */
  add<Part extends Stoppable>(part: Part): Part {
    this.later(() => ('stop' in part ? part.stop() : part.close()));
    return part;
  }

  /** Takes what has to be done when everything that is started from now on has been stopped. */
  later(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  /** Stops all that was added, each once, also where one of them cannot be stopped, which is thrown at the end. */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#stops.splice(0).toReversed()) {
      await stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Resolves with what `start` makes of the parts it adds, and with how all of them are stopped. They are, where `start` throws. */
export async function startTogether<Whole extends object>(
  start: (started: StartedParts) => Promise<Whole>,
): Promise<Whole & { stop(): Promise<void> }> {
  const started = new StartedParts();
  try {
    return Object.assign(await start(started), { stop: () => started.stop() });
  } catch (error) {
    await started.stop();
    throw error;
  }
}
