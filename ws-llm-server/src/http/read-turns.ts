/**
 * Who may be read next, of the clients that are in the middle of a large message. A few of them in each turn
 * of the event loop, one read each: otherwise hundreds of them would make each turn long, and with it the
 * time until a new connection is accepted, which is one a turn.
 */

const readsPerTurn = 2;

/** Calls each function that is added, in order, a few in each turn. */
export class ReadTurns {
  #waiting: (() => void)[] = [];
  #turn: NodeJS.Immediate | undefined;

  add(read: () => void): void {
    this.#waiting.push(read);
    this.#turn ??= setImmediate(() => this.#next());
  }

  stop(): void {
    clearImmediate(this.#turn);
    this.#waiting = [];
  }

  #next(): void {
    this.#turn = undefined;
    for (const read of this.#waiting.splice(0, readsPerTurn)) read();
    if (this.#waiting.length > 0) this.#turn = setImmediate(() => this.#next());
  }
}
