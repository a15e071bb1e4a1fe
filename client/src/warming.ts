/** A `warm` as whoever asked for it sees it: no parts, one end. */
import type { Timing, WarmedFrame } from '@ws-llm/protocol';
import type { ReplyEnd, ReplySink } from './reply.ts';

/** How a `warm` ended. */
export type WarmEnd =
  | {
      type: 'warmed';
      /** Absent where the server does not report it. */
      timing?: Timing;
      /** Absent where the model does not tell. */
      prefilledTokens?: number;
    }
  | { type: 'cancelled' }
  | Extract<ReplyEnd, { type: 'failed' | 'lost' }>;

/** A `warm` on its way. */
export interface Warming {
  readonly id: string;
  /** Never rejects; resolves when the connection ends at the latest. */
  readonly ended: Promise<WarmEnd>;
  /** Asks the server to stop; `ended` follows from there. No-op once ended. */
  cancel(): void;
}

/** Where the frames of a `warm` arrive: it ends as replies do, and in one way of its own. */
export class WarmSink implements ReplySink {
  readonly ended: Promise<WarmEnd>;
  #resolve: (end: WarmEnd) => void = () => {};

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  part(): void {
    // A warm has no content.
  }

  warmed({ timing, prefilled_tokens: prefilledTokens }: Partial<WarmedFrame>): void {
    this.#resolve({
      type: 'warmed',
      ...(timing !== undefined && { timing }),
      ...(prefilledTokens !== undefined && { prefilledTokens }),
    });
  }

  end(end: ReplyEnd): void {
    if (end.type !== 'complete') return this.#resolve(end);
    // The server may have cancelled it by itself, to stop or for want of room. Any other `complete` says no more: nothing is warm.
    this.#resolve({ type: 'cancelled' });
  }
}
