/**
 * A thread: the server's memory of one conversation, and the queue of those who want to add to it. One turn at a time, in order; a turn
 * is remembered when it ends. Knows nothing of frames, sockets or models.
 */
import type { Message } from '@ws-llm/protocol';
import { newestTurns, type TurnLimits, type TurnMessages, withAdded } from './turns.ts';

/** What a person heard of an earlier reply: replaces its text, and removes it where empty. */
export interface Heard {
  id: string;
  content: string;
}

/** One turn on a thread. Whoever joins with it tells the thread once, by `end`, that it is over. */
export interface Turn {
  readonly messages: readonly Message[];
  readonly heard?: Heard | undefined;
  /** Its turn has come: `history` is all that the model should see. */
  start(history: Message[]): void;
  /** The thread was emptied: ends it now. */
  cancel(): void;
}

export class Thread {
  readonly #limits: TurnLimits;
  #turns: TurnMessages[] = [];
  #waiting: Turn[] = [];
  #running: Turn | undefined;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Whether nothing runs or waits. */
  get idle(): boolean {
    return this.#running === undefined && this.#waiting.length === 0;
  }

  /** Starts `turn` now, or when those before it have ended. */
  join(turn: Turn): void {
    this.#waiting.push(turn);
    this.#next();
  }

  /** What the model would see if a turn with these messages came now. Nothing is remembered of it. */
  preview(messages: readonly Message[]): Message[] {
    return this.#newestWith(messages).flat();
  }

  /**
   * A turn is over. With a reply, the messages that it left, it is remembered; without one it leaves no trace, as does one that never
   * started, or that was cancelled by `reset`.
   */
  end(turn: Turn, reply: readonly Message[] | undefined): void {
    const index = this.#waiting.indexOf(turn);
    if (index !== -1) this.#waiting.splice(index, 1);
    if (turn !== this.#running) return;
    this.#running = undefined;
    if (reply !== undefined) {
      this.#turns = this.#newestWith([...turn.messages, ...reply]);
    }
    this.#next();
  }

  /** Forgets everything; what runs or waits is cancelled and never remembered. */
  reset(): void {
    const turns = [...(this.#running === undefined ? [] : [this.#running]), ...this.#waiting];
    this.#running = undefined;
    this.#waiting = [];
    this.#turns = [];
    for (const turn of turns) turn.cancel();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const turn = this.#waiting.shift();
    if (turn === undefined) return;
    this.#running = turn;
    const { heard } = turn;
    if (heard !== undefined) this.#turns = this.#turns.map((messages) => withHeard(messages, heard));
    turn.start(this.preview(turn.messages));
  }

  #newestWith(messages: readonly Message[]): TurnMessages[] {
    return newestTurns(withAdded(this.#turns, messages), this.#limits);
  }
}

function withHeard(messages: TurnMessages, { id, content }: Heard): TurnMessages {
  return messages.flatMap((message): Message[] => {
    if (message.role !== 'assistant' || message.reply !== id) return [message];
    return content === '' && message.tool_calls === undefined ? [] : [{ ...message, content }];
  });
}
