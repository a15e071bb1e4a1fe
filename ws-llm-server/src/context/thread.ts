/**
 * A thread: the server's memory of one conversation, bounded. Whoever uses it sees to it that one turn runs at a time.
 * Knows nothing of frames, sockets or models.
 */
import type { Message } from '@ws-llm/protocol';
import { newestTurns, type TurnLimits } from './turns.ts';

export class Thread {
  readonly #limits: TurnLimits;
  #messages: Message[] = [];

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** What the model should see when `messages` join. Changes nothing. */
  with(messages: readonly Message[]): Message[] {
    return newestTurns([...this.#messages, ...messages], this.#limits);
  }

  /** Keeps a turn that has ended: its messages and the reply. */
  store(messages: readonly Message[], reply: Message): void {
    this.#messages = newestTurns([...this.#messages, ...messages, reply], this.#limits);
  }

  clear(): void {
    this.#messages = [];
  }
}
