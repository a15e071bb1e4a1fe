/** Which responses the model still knows, so that a request may go on from one. */

export class ResponsesMemory {
  readonly #stored: Set<string>;
  /** Of requests that asked not to be stored: known on their own connection alone. */
  readonly #own = new Set<string>();

  constructor(stored: Set<string>) {
    this.#stored = stored;
  }

  /** True where the request goes on from nothing, or from a response that is known. */
  knows(previous: unknown): boolean {
    if (previous === undefined || previous === null) return true;
    return typeof previous === 'string' && (this.#stored.has(previous) || this.#own.has(previous));
  }

  add(id: string, { store }: Record<string, unknown>): void {
    (store === false ? this.#own : this.#stored).add(id);
  }
}
