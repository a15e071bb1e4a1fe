/**
 * What one owner has opened and must close when it ends. Whatever is opened after the end is closed
 * at once, so it does not matter whether the end comes before, during or after an opening.
 */

export class Lifetime {
  readonly #end = new AbortController();
  readonly #closes: (() => unknown)[] = [];
  #ended: Promise<void> | undefined;

  /** Aborts when the owner ends. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /**
   * @param close called once, when the owner ends, or now if it has ended. What it throws is
   * ignored.
   */
  own(close: () => unknown): void {
    if (this.#ended === undefined) this.#closes.push(close);
    else void settle(close);
  }

  /**
   * Closes everything, what was opened last first. Each close is waited for; a further call joins
   * the first.
   */
  end(): Promise<void> {
    this.#ended ??= this.#closeAll();
    return this.#ended;
  }

  async #closeAll(): Promise<void> {
    // After `#ended` is set: what is opened by an abort listener is closed at once.
    await Promise.resolve();
    this.#end.abort();
    for (const close of this.#closes.splice(0).toReversed()) await settle(close);
  }
}

async function settle(close: () => unknown): Promise<void> {
  try {
    await close();
  } catch {
    // The others are still to be closed.
  }
}
