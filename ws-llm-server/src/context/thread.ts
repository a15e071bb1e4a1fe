/**
 * One conversation in the server's memory, and the queue of those who want to add to it. One turn at a
 * time, in order; a turn is remembered when it ends. Knows nothing of frames, sockets or models.
 */
import type { Message } from '@ws-llm/protocol';
import { KeptMemory, type MemoryKeeper, unlimitedMemory } from './memory-keeper.ts';
import { measured, newestTurns, type Turn, type TurnLimits, withAdded } from './turns.ts';

/** What a person heard of an earlier reply: replaces its text, and removes it where empty. */
export interface Heard {
  /** The `reply` of the stored message, which no reply of another connection has. */
  reply: string;
  /** Where there is none: whether a stored `reply` may be meant. The newest one is corrected. */
  mayBe?: (reply: string) => boolean;
  content: string;
}

/** One request on a thread. Whoever joins with it calls the thread's `end` once, when it is over. */
export interface ThreadRequest {
  readonly messages: readonly Message[];
  readonly heard?: Heard | undefined;
  /** Its turn has come: `history` is all that the model should see. */
  start(history: Message[]): void;
  /** Its turn has come, but its exchange would be larger than the thread takes: ends it now. */
  refuse(): void;
  /** The thread was emptied: ends it now. */
  cancel(): void;
}

export interface ThreadLimits extends TurnLimits {
  /** Messages of one exchange: a user's words, all calls with their results, and the reply. */
  messages: number;
  /** UTF-8 bytes of one exchange as JSON. */
  bytes: number;
}

export class Thread {
  readonly #limits: ThreadLimits;
  readonly #memory: KeptMemory;
  #turns: Turn[] = [];
  #waiting: ThreadRequest[] = [];
  #running: ThreadRequest | undefined;
  #isAdvancing = false;

  /** `keeper` counts what it keeps. */
  constructor(limits: ThreadLimits, keeper: MemoryKeeper = unlimitedMemory) {
    this.#limits = limits;
    this.#memory = new KeptMemory(keeper);
  }

  /** Whether nothing runs or waits. */
  get idle(): boolean {
    return this.#running === undefined && this.#waiting.length === 0;
  }

  /** UTF-8 bytes, as JSON, of the history that the model would see now. */
  get bytes(): number {
    return this.#turns.reduce((sum, turn) => sum + turn.bytes, 0);
  }

  /** Starts `request` now, or when those before it have ended. */
  join(request: ThreadRequest): void {
    this.#waiting.push(request);
    this.#advance();
  }

  /**
   * What the model would see if a request with these messages came now: the newest exchange in any case,
   * of the older ones what the limits leave. Undefined where the exchange is larger than the thread takes.
   */
  preview(messages: readonly Message[]): Message[] | undefined {
    const turns = withAdded(this.#turns, messages);
    if (!this.#takes(turns.at(-1))) return undefined;
    return newestTurns(turns, this.#limits, 2).flatMap((turn) => turn.messages);
  }

  /**
   * A request is over. With a reply, the messages that it left, it is remembered; without one it leaves no
   * trace, as does one that never started, or that was cancelled by `reset`.
   */
  end(request: ThreadRequest, reply: readonly Message[] | undefined): void {
    const index = this.#waiting.indexOf(request);
    if (index !== -1) this.#waiting.splice(index, 1);
    if (request !== this.#running) return;
    // Before it counts as idle, or its store might drop it to make room for what it keeps now.
    if (reply !== undefined) this.#remember(withAdded(this.#turns, [...request.messages, ...reply]));
    this.#running = undefined;
    this.#advance();
  }

  /** Forgets everything; what runs or waits is cancelled and never remembered. */
  reset(): void {
    const requests = [...(this.#running === undefined ? [] : [this.#running]), ...this.#waiting];
    this.#running = undefined;
    this.#waiting = [];
    this.#turns = [];
    this.#memory.set(0);
    for (const request of requests) request.cancel();
  }

  /** A loop, because many waiting requests may each end while they start. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      while (this.#running === undefined) {
        const request = this.#waiting.shift();
        if (request === undefined) return;
        this.#running = request;
        if (request.heard !== undefined) this.#correct(request.heard);
        const history = this.preview(request.messages);
        if (history === undefined) request.refuse();
        else request.start(history);
      }
    } finally {
      this.#isAdvancing = false;
    }
  }

  #takes(exchange: Turn | undefined): boolean {
    const { messages, bytes } = this.#limits;
    return exchange === undefined || (exchange.messages.length <= messages && exchange.bytes <= bytes);
  }

  /** As much as the limits and the memory of all leave; an exchange for which there is no room is not kept. */
  #remember(turns: Turn[]): void {
    if (!this.#takes(turns.at(-1))) return;
    for (let kept = newestTurns(turns, this.#limits); kept.length > 0; kept = kept.slice(1)) {
      if (!this.#memory.set(memoryOf(kept))) continue;
      this.#turns = kept;
      return;
    }
  }

  #correct({ reply: asked, mayBe, content }: Heard): void {
    const replies = this.#turns.flatMap(({ messages }) =>
      messages.flatMap((message) => (message.role === 'assistant' ? [message.reply ?? ''] : [])),
    );
    const reply = replies.includes(asked) ? asked : replies.findLast((one) => mayBe?.(one) === true);
    if (reply === undefined) return;
    const isOf = (message: Message): boolean => message.role === 'assistant' && message.reply === reply;
    const index = this.#turns.findIndex(({ messages }) => messages.some(isOf));
    const turn = this.#turns[index];
    if (turn === undefined) return;
    const messages = turn.messages.flatMap((message): Message[] => {
      if (!isOf(message) || message.role !== 'assistant') return [message];
      return content === '' && message.tool_calls === undefined ? [] : [{ ...message, content }];
    });
    const turns = this.#turns.with(index, measured(messages));
    // A client that claims to have heard more than there is room for is not believed.
    if (this.#memory.set(memoryOf(turns))) this.#turns = turns;
  }
}

function memoryOf(turns: readonly Turn[]): number {
  return turns.reduce((sum, turn) => sum + turn.memory, 0);
}
