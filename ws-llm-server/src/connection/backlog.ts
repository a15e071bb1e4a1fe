/**
 * Frames that wait for one client, in their order. Text that comes after text of the same request joins it, so that they stay few.
 * Knows no socket.
 */
import { encodeFrame, type PlainServerFrame, type ServerFrame } from '@ws-llm/protocol';

export type OutgoingFrame = ServerFrame | PlainServerFrame;
export type TextFrame = Extract<OutgoingFrame, { type: 'delta' | 'reasoning' }>;

/** What waits, and of which request it is; all plain frames are of one. */
export interface Held {
  readonly id: string | undefined;
  /** Text can still grow; everything else is as it will be sent. */
  content: { text: TextFrame } | { encoded: string };
  /** Of its text, and what a frame takes beside it. */
  bytes: number;
}

/** What a frame that waits takes of memory beside its text: its objects, and its places in the list and among the newest. */
const besideTextBytes = 256;

export class Backlog {
  readonly #held = new Set<Held>();
  /** The newest held frame of each request: text that comes after text joins it. Plain frames are all of one request. */
  readonly #newest = new Map<string | undefined, Held>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest first. */
  [Symbol.iterator](): Iterator<Held> {
    return this.#held.values();
  }

  addText(id: string | undefined, frame: TextFrame): void {
    const bytes = Buffer.byteLength(frame.content);
    const newest = this.#newest.get(id);
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

  remove(held: Held): void {
    this.#held.delete(held);
    this.#bytes -= held.bytes;
    if (this.#newest.get(held.id) === held) this.#newest.delete(held.id);
  }

  /** Removes text of a request. Returns how much of its reply that was, in UTF-16 units. */
  discard(id: string): number {
    let chars = 0;
    for (const held of this.#held) {
      if (held.id !== id || !('text' in held.content)) continue;
      const { type, content } = held.content.text;
      if (type === 'delta') chars += content.length;
      this.remove(held);
    }
    return chars;
  }

  #hold(held: Held): void {
    this.#held.add(held);
    this.#newest.set(held.id, held);
    this.#bytes += held.bytes;
  }
}

export function encoded({ content }: Held): string {
  return 'text' in content ? encodeFrame(content.text) : content.encoded;
}

export function isText(frame: OutgoingFrame): frame is TextFrame {
  return frame.type === 'delta' || frame.type === 'reasoning';
}
