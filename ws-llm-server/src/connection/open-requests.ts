/**
 * The requests of one v1 client that run or wait, by id, what they hold of what all clients share, and the
 * ids that have ended. Knows no request from inside.
 */
import type { Holding } from '../access/budgets.ts';
import type { MemoryKeeper } from '../context/memory-keeper.ts';
import { RecentIds } from './recent-ids.ts';

/** A request that runs or waits. */
export interface OpenRequest {
  cancel(): void;
}

/** PROTOCOL.md, "Frames that are wrong". */
const rememberedIds = 1_024;

export class OpenRequests {
  readonly #holding: Pick<Holding, 'take' | 'give'>;
  readonly #requests = new Map<string, OpenRequest>();
  /** What each that was admitted counts as input. */
  readonly #inputBytes = new Map<string, number>();
  readonly #ended: RecentIds;

  constructor(holding: Pick<Holding, 'take' | 'give'>, keeper: MemoryKeeper) {
    this.#holding = holding;
    this.#ended = new RecentIds(rememberedIds, keeper);
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Whether a request of that id is open or has ended lately. */
  isUsed(id: string): boolean {
    return this.#requests.has(id) || this.#ended.has(id);
  }

  /** Counts a request and its input, or nothing and returns false. */
  admit(id: string, inputBytes: number): boolean {
    if (!this.#holding.take('requests', 1)) return false;
    if (!this.#holding.take('input_bytes', inputBytes)) {
      this.#holding.give('requests', 1);
      return false;
    }
    this.#inputBytes.set(id, inputBytes);
    return true;
  }

  /** Opens one that was admitted. */
  open(id: string, request: OpenRequest): void {
    this.#requests.set(id, request);
  }

  cancel(id: string): void {
    this.#requests.get(id)?.cancel();
  }

  /** The newest first: one that waits must not be started by the end of the one before it. */
  cancelAll(): void {
    for (const request of [...this.#requests.values()].toReversed()) request.cancel();
  }

  /** The request is over, or was refused. */
  end(id: string): void {
    const inputBytes = this.#inputBytes.get(id);
    if (inputBytes !== undefined) {
      this.#inputBytes.delete(id);
      this.#holding.give('requests', 1);
      this.#holding.give('input_bytes', inputBytes);
    }
    this.#requests.delete(id);
    this.#ended.add(id);
  }
}
