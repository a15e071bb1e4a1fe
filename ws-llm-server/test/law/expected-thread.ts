/** A connection's own thread as its client knows it: chats and resets in the order in which they were sent. */
import type { ExpectedChat } from './expected-chat.ts';
import { cut, type Said } from './memory.ts';

export class ExpectedThread {
  readonly #turns: (ExpectedChat | 'reset')[] = [];

  sent(turn: ExpectedChat | 'reset'): void {
    this.#turns.push(turn);
  }

  /** @throws LawBroken where the model saw anything but what was remembered when each turn came */
  check(): void {
    let memory: Said[] = [];
    for (const turn of this.#turns) {
      if (turn === 'reset') {
        memory = [];
        continue;
      }
      turn.checkSeen(cut([...memory, ...turn.messages]));
      // Lost with the connection: what it left behind is not known, nor what was seen after it.
      if (turn.end === undefined) return;
      memory = cut([...memory, ...turn.remembered]);
    }
  }
}
