/** The requests that the model saw, how many of them are open, and who waits for the next one. */
import type { Closed } from './reply-channel.ts';

/** One request for a reply, as the model saw it. */
export interface SeenRequest {
  dialect: 'openai' | 'ollama' | 'responses';
  transport: 'http' | 'websocket';
  /** As it came. Only `input` of the Responses dialect stands where the others have `messages`. */
  body: Record<string, unknown> & { messages: { role: string; content: unknown }[] };
  /** When it had come whole, in milliseconds of `performance.now()`. */
  arrivedAt: number;
  /** Tokens that were sent. */
  sent: number;
  /** When each of them was, in milliseconds of `performance.now()`. */
  sentAt: number[];
  /** Resolves when the request is over, one way or the other. */
  closed: Promise<Closed>;
}

export class RequestLog {
  readonly requests: SeenRequest[] = [];
  open = 0;
  mostOpen = 0;
  readonly #waiting: (() => void)[] = [];

  add(seen: SeenRequest, signal: AbortSignal): void {
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const close = (): void => {
      this.open -= 1;
    };
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
    this.requests.push(seen);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async at(index: number): Promise<SeenRequest> {
    for (;;) {
      const seen = this.requests[index];
      if (seen !== undefined) return seen;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
