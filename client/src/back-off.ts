/** Pauses between attempts: doubling, capped, and random in their upper half, so that many clients do not come back at once. */

export interface BackOffOptions {
  /** The first pause, in milliseconds. */
  firstMs: number;
  /** The longest pause, in milliseconds. */
  maxMs: number;
  /** From 0 to 1; given by tests. */
  random?: () => number;
}

export class BackOff {
  readonly #options: BackOffOptions;
  #attempts = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** The next pause, in milliseconds. */
  next(): number {
    const { firstMs, maxMs, random = Math.random } = this.#options;
    const ceiling = Math.min(maxMs, firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return ceiling / 2 + (ceiling / 2) * random();
  }

  reset(): void {
    this.#attempts = 0;
  }
}
