/** Where memory that outlives a request is counted. Implemented by those who know what all may hold. */
export interface MemoryKeeper {
  /** Counts `bytes` more, or nothing and returns false where there is no room for them. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** Counts nothing. */
export const unlimitedMemory: MemoryKeeper = { take: () => true, give() {} };

/** The memory of one thing that grows and shrinks. */
export class KeptMemory {
  readonly #keeper: MemoryKeeper;
  #bytes = 0;

  constructor(keeper: MemoryKeeper) {
    this.#keeper = keeper;
  }

  /** Counts `bytes` in place of what was counted before, or changes nothing and returns false. */
  set(bytes: number): boolean {
    if (bytes > this.#bytes && !this.#keeper.take(bytes - this.#bytes)) return false;
    if (bytes < this.#bytes) this.#keeper.give(this.#bytes - bytes);
    this.#bytes = bytes;
    return true;
  }
}
