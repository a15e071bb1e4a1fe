/**
 * Frames on their way to one client. Text that comes in one turn of the event loop leaves in one frame at the end of that turn. A model is
 * never paused for a reader: what the client has not taken waits here, merged into fewer frames, up to a cap and a time; then the client
 * is let go. Knows the order that frames must keep, and nothing of who makes them.
 */
import { CloseCode, encodeFrame, type Limits } from '@ws-llm/protocol';
import type { Holding } from '../access/budgets.ts';
import { Backlog, isText, type OutgoingFrame, type TextFrame } from './backlog.ts';
import { type ClientSocket, guarded } from './client-socket.ts';

/** With this much the socket has enough to go on with; each further write would be a buffer and a callback of its own. */
const enoughBytes = 64 * 1024;

export class Outbox {
  readonly #socket: ClientSocket;
  readonly #limits: Pick<Limits, 'buffered_bytes' | 'stalled_ms'>;
  readonly #holding: Pick<Holding, 'take' | 'give'>;
  readonly #flushGuarded: () => void;
  #countedBytes = 0;
  /** Of those who were sent text at all. Empty after each turn as long as the client keeps up. */
  #backlog: Backlog | undefined;
  #stalled: NodeJS.Timeout | undefined;
  #isFlushDue = false;
  #ended = false;
  #closing: { code: number; reason: string } | undefined;

  /** `holding` counts what the client has not taken. */
  constructor(
    socket: ClientSocket,
    limits: Pick<Limits, 'buffered_bytes' | 'stalled_ms'>,
    holding: Pick<Holding, 'take' | 'give'>,
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#holding = holding;
    this.#flushGuarded = guarded(socket, () => this.#flush());
    socket.onTaken = guarded(socket, () => this.#taken());
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
    return this.#backlog?.discard(id) ?? 0;
  }

  /** Closes the socket once everything before it has been handed over. */
  close(code: number, reason: string): void {
    if (this.#isClear) this.#socket.close(code, reason);
    else this.#closing = { code, reason };
  }

  /** The connection is over: what waits goes out where the socket still takes it, and nothing is kept any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
    for (let frame = this.#backlog?.shift(); frame !== undefined; frame = this.#backlog?.shift())
      this.#socket.send(frame);
    this.#backlog = undefined;
    this.#count(0);
  }

  get #isClear(): boolean {
    return this.#backlog?.isEmpty ?? true;
  }

  get #hasRoom(): boolean {
    return this.#socket.waitingBytes < Math.min(enoughBytes, this.#limits.buffered_bytes / 4);
  }

  #sendEncoded(id: string | undefined, text: string): void {
    if (this.#ended || (this.#isClear && this.#hasRoom)) return this.#socket.send(text);
    (this.#backlog ??= new Backlog()).add(id, text);
    this.#flushSoon();
  }

  #holdText(id: string | undefined, frame: TextFrame): void {
    if (this.#ended) return this.#socket.send(encodeFrame(frame));
    (this.#backlog ??= new Backlog()).addText(id, frame);
    this.#flushSoon();
  }

  /** Once all that came with it in one read of a socket has been handed on, and before anything else comes. */
  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    process.nextTick(() => {
      this.#isFlushDue = false;
      this.#flushGuarded();
    });
  }

  /** What the socket has room for goes; the rest waits, not too much of it, and not for too long. */
  #flush(): void {
    const backlog = this.#backlog;
    if (backlog === undefined || backlog.isEmpty) return;
    while (!backlog.isEmpty) {
      if (!this.#hasRoom) return this.#watch(backlog);
      this.#socket.send(backlog.shift() ?? '');
    }
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
    this.#count(0);
    if (this.#closing !== undefined) this.#socket.close(this.#closing.code, this.#closing.reason);
  }

  #watch(backlog: Backlog): void {
    const waiting = backlog.bytes + this.#socket.waitingBytes;
    if (waiting > this.#limits.buffered_bytes || !this.#count(waiting)) {
      return this.#letGo('reading too slowly');
    }
    this.#stalled ??= setTimeout(
      guarded(this.#socket, () => this.#letGo('not reading')),
      this.#limits.stalled_ms,
    );
  }

  /** False where all clients together have left too much output untaken. */
  #count(bytes: number): boolean {
    if (bytes > this.#countedBytes && !this.#holding.take('output_bytes', bytes - this.#countedBytes))
      return false;
    if (bytes < this.#countedBytes) this.#holding.give('output_bytes', this.#countedBytes - bytes);
    this.#countedBytes = bytes;
    return true;
  }

  #taken(): void {
    this.#stalled?.refresh();
    this.#flush();
  }

  #letGo(reason: string): void {
    this.#socket.close(CloseCode.overloaded, reason);
    this.end();
  }
}
