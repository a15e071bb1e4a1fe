/** When a request arrived and began, and what its terminal frame tells of that. */
import type { Timing } from '@ws-llm/protocol';

export class RequestTiming {
  readonly #arrivedAt = performance.now();
  #begunAt: number | undefined;

  /** Its turn has come. */
  begin(): void {
    this.#begunAt = performance.now();
  }

  /** Of a request that ends now. `firstTokenMs`: from its beginning to the first content, where there was any. */
  end(firstTokenMs?: number): Timing {
    const now = performance.now();
    const queueMs = (this.#begunAt ?? now) - this.#arrivedAt;
    return {
      queue_ms: round(queueMs),
      ...(firstTokenMs !== undefined && { first_token_ms: round(queueMs + firstTokenMs) }),
      total_ms: round(now - this.#arrivedAt),
    };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
