/**
 * Frames on their way to one client. Text that comes in one turn of the event loop leaves in one frame at the end of that turn. A model is
 * never paused for a reader: what the client has not taken waits here, merged into fewer frames, up to a cap and a time; then the client
 * is let go. Knows the order that frames must keep, and nothing of who makes them.
 */
import {
  CloseCode,
  encodeFrame,
  type Limits,
  type PlainServerFrame,
  type ServerFrame,
} from '@ws-llm/protocol';
import type { ClientSocket } from './client-socket.ts';

type OutgoingFrame = ServerFrame | PlainServerFrame;
type TextFrame = Extract<OutgoingFrame, { type: 'delta' | 'reasoning' }>;

/** What waits, and of which request it is; all plain frames are of one. */
interface Held {
  readonly id: string | undefined;
  /** Text can still grow; everything else is as it will be sent. */
  content: { text: TextFrame } | { encoded: string };
  /** Of text without what its frame puts around it. */
  bytes: number;
}

/** With this much the socket has enough to go on with; each further write would be a buffer and a callback of its own. */
const enoughBytes = 64 * 1024;

export class Outbox {
  readonly #socket: ClientSocket;
  readonly #limits: Pick<Limits, 'buffered_bytes' | 'stalled_ms'>;
  /** In their order. Empty after each turn as long as the client keeps up. */
  readonly #held = new Set<Held>();
  /** The newest held frame of each request: text that comes after text joins it. Plain frames are all of one request. */
  readonly #newest = new Map<string | undefined, Held>();
  #heldBytes = 0;
  #stalled: NodeJS.Timeout | undefined;
  #isFlushDue = false;
  #ended = false;
  #closing: { code: number; reason: string } | undefined;

  constructor(socket: ClientSocket, limits: Pick<Limits, 'buffered_bytes' | 'stalled_ms'>) {
    this.#socket = socket;
    this.#limits = limits;
    socket.onTaken = () => this.#taken();
  }

  send(frame: OutgoingFrame): void {
    const id = 'id' in frame ? frame.id : undefined;
    if (isText(frame)) this.#holdText(id, frame);
    else this.#sendEncoded(id, encodeFrame(frame));
  }

  /** Sends a frame of a persona's tool, which belongs to the request `id` and is of a type of its own. */
  sendPersonaFrame(type: string, args: Record<string, unknown>, id?: string): void {
    const own = { type, ...(id !== undefined && { id }) };
    this.#sendEncoded(id, JSON.stringify({ ...own, ...args, ...own }));
  }

  /** Drops text of a request that still waits. Returns how much of its reply the client will not get, in UTF-16 units. */
  discard(id: string): number {
    if (this.#held.size === 0) return 0;
    let chars = 0;
    for (const held of this.#held) {
      if (held.id !== id || !('text' in held.content)) continue;
      const { type, content } = held.content.text;
      if (type === 'delta') chars += content.length;
      this.#remove(held);
    }
    return chars;
  }

  /** Closes the socket once everything before it has been handed over. */
  close(code: number, reason: string): void {
    if (this.#held.size === 0) this.#socket.close(code, reason);
    else this.#closing = { code, reason };
  }

  /** The connection is over: what waits goes out where the socket still takes it, and nothing is kept any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
    for (const { content } of this.#held) this.#socket.send(encoded(content));
    this.#held.clear();
    this.#newest.clear();
    this.#heldBytes = 0;
  }

  get #hasRoom(): boolean {
    return this.#socket.waitingBytes < Math.min(enoughBytes, this.#limits.buffered_bytes / 4);
  }

  #sendEncoded(id: string | undefined, text: string): void {
    if (this.#ended || (this.#held.size === 0 && this.#hasRoom)) return this.#socket.send(text);
    this.#hold({ id, content: { encoded: text }, bytes: Buffer.byteLength(text) });
  }

  #holdText(id: string | undefined, frame: TextFrame): void {
    if (this.#ended) return this.#socket.send(encodeFrame(frame));
    const bytes = Buffer.byteLength(frame.content);
    const newest = this.#newest.get(id);
    const before = newest !== undefined && 'text' in newest.content ? newest.content.text : undefined;
    if (newest === undefined || before?.type !== frame.type) {
      return this.#hold({ id, content: { text: frame }, bytes });
    }
    newest.content = { text: { ...frame, content: before.content + frame.content } };
    newest.bytes += bytes;
    this.#heldBytes += bytes;
    this.#flushSoon();
  }

  #hold(held: Held): void {
    this.#held.add(held);
    this.#newest.set(held.id, held);
    this.#heldBytes += held.bytes;
    this.#flushSoon();
  }

  /** Once everything that came with it has been handled, promises included, and before anything else comes. */
  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    process.nextTick(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  /** What the socket has room for goes; the rest waits, not too much of it, and not for too long. */
  #flush(): void {
    if (this.#held.size === 0) return;
    for (const held of this.#held) {
      if (!this.#hasRoom) return this.#watch();
      this.#remove(held);
      this.#socket.send(encoded(held.content));
    }
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
    if (this.#closing !== undefined) this.#socket.close(this.#closing.code, this.#closing.reason);
  }

  #watch(): void {
    const waiting = this.#heldBytes + this.#socket.waitingBytes;
    if (waiting > this.#limits.buffered_bytes) this.#letGo('reading too slowly');
    else this.#stalled ??= setTimeout(() => this.#letGo('not reading'), this.#limits.stalled_ms);
  }

  #taken(): void {
    this.#stalled?.refresh();
    this.#flush();
  }

  #remove(held: Held): void {
    this.#held.delete(held);
    this.#heldBytes -= held.bytes;
    if (this.#newest.get(held.id) === held) this.#newest.delete(held.id);
  }

  #letGo(reason: string): void {
    this.#socket.close(CloseCode.overloaded, reason);
    this.end();
  }
}

function encoded(content: Held['content']): string {
  return 'text' in content ? encodeFrame(content.text) : content.encoded;
}

function isText(frame: OutgoingFrame): frame is TextFrame {
  return frame.type === 'delta' || frame.type === 'reasoning';
}
