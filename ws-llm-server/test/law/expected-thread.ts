/** A connection's own thread as its client knows it: chats and resets in the order in which they were sent. */
import type { ExpectedChat } from './expected-chat.ts';
import { LawBroken } from './law-broken.ts';
import { cut, type Said } from './memory.ts';

export class ExpectedThread {
  readonly #turns: (ExpectedChat | 'reset')[] = [];

  sent(turn: ExpectedChat | 'reset'): void {
    this.#turns.push(turn);
  }

  /** @throws LawBroken where the model saw anything but what was remembered when each turn came */
  check(): void {
    let memory: Said[] = [];
    for (const [index, turn] of this.#turns.entries()) {
      if (turn === 'reset') {
        memory = [];
        continue;
      }
      turn.checkSeen(cut([...memory, ...turn.messages]));
      // Lost with the connection: what it left behind is not known, nor what was seen after it.
      if (turn.end === undefined) return this.#checkLost(index);
      memory = cut([...memory, ...turn.remembered]);
    }
  }

  /** From the turn that was lost with the connection on: nothing begins for a client that is gone. */
  #checkLost(from: number): void {
    let before: ExpectedChat | undefined;
    for (const turn of this.#turns.slice(from)) {
      if (turn === 'reset') return;
      const askedAt = turn.side.askedAt[0] ?? Infinity;
      // Timers may be early by a millisecond.
      if (before !== undefined && askedAt < before.earliestEndAt - 2)
        throw new LawBroken('a turn waits for the one before it', `${turn.key} began during ${before.key}`);
      before = turn;
    }
  }
}
