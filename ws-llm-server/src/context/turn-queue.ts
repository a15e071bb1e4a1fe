/**
 * One at a time, in order: the queue of a thread. A turn that leaves before it began leaves no trace.
 * Knows nothing of what a turn does.
 */

/** A turn calls `done` exactly once after `start`. */
export interface QueuedTurn {
  start(done: () => void): void;
}

export class TurnQueue {
  readonly #turns: QueuedTurn[] = [];
  #busy = false;

  /** Starts `turn` now, or when those before it are done. */
  join(turn: QueuedTurn): void {
    this.#turns.push(turn);
    this.#next();
  }

  /** Takes out a turn that has not started; no-op for any other. */
  leave(turn: QueuedTurn): void {
    const index = this.#turns.indexOf(turn);
    if (index !== -1) this.#turns.splice(index, 1);
  }

  #next(): void {
    if (this.#busy) return;
    const turn = this.#turns.shift();
    if (turn === undefined) return;
    this.#busy = true;
    turn.start(() => {
      this.#busy = false;
      this.#next();
    });
  }
}
