/**
 * Frames that wait for one client, in their order. Text that comes after text of the same request joins it, so that they stay few.
 * Knows no socket.
 */
import { encodeFrame, type PlainServerFrame, type ServerFrame } from '@ws-llm/protocol';

export type OutgoingFrame = ServerFrame | PlainServerFrame;
export type TextFrame = Extract<OutgoingFrame, { type: 'delta' | 'reasoning' }>;

/** What waits, and of which request it is; all plain frames are of one. */
interface Held {
  readonly id: string | undefined;
  /** Text can still grow; everything else is as it will be sent. */
  content: { text: TextFrame } | { encoded: string };
  /** Of its text, and what a frame takes beside it. */
  bytes: number;
}

/** What a frame that waits takes of memory beside its text. */
const besideTextBytes = 256;

export class Backlog {
  /**
   * The oldest first. No Set and no Map: each that becomes empty leaves its table behind, and once one of those is old, V8 keeps all that
   * came after it until it collects the old ones (docs/performance.md).
   */
  #held: Held[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the oldest frame out, as it is to be sent; undefined where none waits. */
  shift(): string | undefined {
    const held = this.#held.shift();
    if (held === undefined) return undefined;
    this.#bytes -= held.bytes;
    return 'text' in held.content ? encodeFrame(held.content.text) : held.content.encoded;
  }

  addText(id: string | undefined, frame: TextFrame): void {
    const bytes = Buffer.byteLength(frame.content);
    // Only the newest of a request may grow. Plain frames are all of one request.
    const newest = this.#held.findLast((held) => held.id === id);
    const before = newest !== undefined && 'text' in newest.content ? newest.content.text : undefined;
    if (newest === undefined || before?.type !== frame.type) {
      return this.#hold({ id, content: { text: frame }, bytes: bytes + besideTextBytes });
    }
    newest.content = { text: { ...frame, content: before.content + frame.content } };
    newest.bytes += bytes;
    this.#bytes += bytes;
  }

  /** A frame that is not text, as it will be sent. */
  add(id: string | undefined, text: string): void {
    this.#hold({ id, content: { encoded: text }, bytes: Buffer.byteLength(text) + besideTextBytes });
  }

  /** Removes text of a request. Returns how much of its reply that was, in UTF-16 units. */
  discard(id: string): number {
    let chars = 0;
    this.#held = this.#held.filter((held) => {
      if (held.id !== id || !('text' in held.content)) return true;
      const { type, content } = held.content.text;
      if (type === 'delta') chars += content.length;
      this.#bytes -= held.bytes;
      return false;
    });
    return chars;
  }

  #hold(held: Held): void {
    this.#held.push(held);
    this.#bytes += held.bytes;
  }
}

export function isText(frame: OutgoingFrame): frame is TextFrame {
  return frame.type === 'delta' || frame.type === 'reasoning';
}
