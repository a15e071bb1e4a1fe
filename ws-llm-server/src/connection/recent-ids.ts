/**
 * Ids of requests that have ended, the newest ones: enough to notice a client that uses one twice, and
 * bounded in number and in memory.
 */
import { KeptMemory, type MemoryKeeper } from '../context/memory-keeper.ts';
import { memorySize } from '../memory-size.ts';

/** Of an entry of a Set, beside the id. */
const bytesOfEntry = 32;

export class RecentIds {
  readonly #ids = new Set<string>();
  readonly #size: number;
  readonly #memory: KeptMemory;
  #bytes = 0;

  /** Keeps at most `size` ids, and fewer where `keeper` refuses. */
  constructor(size: number, keeper: MemoryKeeper) {
    this.#size = size;
    this.#memory = new KeptMemory(keeper);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.#bytes += bytesOf(id);
    if (this.#ids.size > this.#size) this.#forgetOldest();
    while (!this.#memory.set(this.#bytes)) this.#forgetOldest();
  }

  #forgetOldest(): void {
    // A Set keeps the order of insertion.
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      this.#bytes -= bytesOf(oldest);
      return;
    }
  }
}

function bytesOf(id: string): number {
  return bytesOfEntry + memorySize(id);
}
