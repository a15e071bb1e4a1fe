/** What a transport can do to one reply, and how the reply was over. Knows no dialect. */
import type { Refusal } from './refusal.ts';

/** `at` is in milliseconds of `performance.now()`. */
export interface Closed {
  by: 'model' | 'client';
  at: number;
}

export interface ReplyChannel {
  /** Aborted once the reply is over, one way or the other. */
  readonly signal: AbortSignal;
  readonly closed: Promise<Closed>;
  refuse(refusal: Refusal): void;
  /** The request is accepted. */
  open(contentType: string): void;
  /** Waits for a reader that is behind. Rejects when the reply is over. */
  send(events: readonly string[], pieceBytes: number | undefined): Promise<void>;
  /** After the model's own end marker. */
  end(): void;
  /** Ends the stream properly. */
  cut(): void;
  /** Resets the connection. */
  reset(): void;
}

/** How a reply was over. The first word holds. */
export class ReplyEnd {
  readonly closed: Promise<Closed>;
  readonly #gone = new AbortController();
  #resolve: (closed: Closed) => void = () => undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  note(by: Closed['by']): void {
    if (this.signal.aborted) return;
    this.#resolve({ by, at: performance.now() });
    this.#gone.abort();
  }
}
