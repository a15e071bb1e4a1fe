/**
 * The frames of persona tools, held until it is known that their reply counts: LiveKit asks for replies that it never uses, and a frame is
 * to be acted on. Knows nothing of streams and sessions.
 */

/** One frame, as the server sent it. */
export interface HeldFrame {
  type: string;
  data: Record<string, unknown>;
}

/** Replies that nobody adopts are many, and nobody says so; those that are come soon. */
const heldReplies = 32;

export class HeldFrames {
  /** In the order in which replies sent their first frame. */
  readonly #frames = new Map<string, HeldFrame[]>();

  get isEmpty(): boolean {
    return this.#frames.size === 0;
  }

  hold(reply: string, frame: HeldFrame): void {
    const held = this.#frames.get(reply);
    if (held !== undefined) held.push(frame);
    else this.#frames.set(reply, [frame]);
    const [oldest] = this.#frames.keys();
    if (this.#frames.size > heldReplies && oldest !== undefined) this.#frames.delete(oldest);
  }

  /** The frames of a reply, in order; none where it had none, or they were taken before. */
  take(reply: string): HeldFrame[] {
    const held = this.#frames.get(reply) ?? [];
    this.#frames.delete(reply);
    return held;
  }
}
