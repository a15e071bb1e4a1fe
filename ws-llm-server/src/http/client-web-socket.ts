/**
 * One client's WebSocket, from the upgrade to its end: its listeners, its closing, its pongs, and the
 * bytes of a message that is still incomplete. Knows no frames.
 */
import { closeReason } from '@ws-llm/protocol';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { ClientSocket } from '../connection/client-socket.ts';

/** How long a closing handshake may take, in milliseconds; then TCP is cut. */
const closingMs = 1_000;
/** How long a client that sends too much waits for its Close frame, in milliseconds. */
const cutOffMs = 1_000;
/** Incomplete messages below this size are not counted: nearly every message is one read. */
const uncountedBytes = 16 * 1024;
/** Of a client's ping or pong: two bytes and the mask (RFC 6455, 5.2 and 5.5). */
const controlHeaderBytes = 6;

/** Why nothing is read from a client for now. */
type PauseReason = 'turn' | 'queue' | 'cut off';

/** Set as the `WebSocket` option of `ws`'s server, which then constructs it. */
export class ClientWebSocket extends WebSocket implements ClientSocket {
  /** Called when the client has taken some of what was sent. Set by the connection. */
  onTaken: (() => void) | undefined;
  /** Called when either side begins to close; again when the socket has closed. */
  onClosing: (() => void) | undefined;
  /** Called with anything that breaks the WebSocket protocol, after which `ws` closes. */
  onBroken: ((error: Error) => void) | undefined;
  /** Called with every sign of life: data, ping, pong. */
  onAlive: (() => void) | undefined;
  /** Called when the size of the incomplete message changes; not for small ones. */
  onIncomplete: ((bytes: number) => void) | undefined;
  /** Called with what answers a ping, to be called in its turn. */
  onPing: ((answer: () => void) => void) | undefined;
  /** Called in the middle of a large message, of which nothing is read until `read` is called. */
  onLarge: ((read: () => void) => void) | undefined;
  /** Called with a failure of this server while it handled the socket, which closes it. */
  onFailure: ((error: unknown) => void) | undefined;
  #closing: NodeJS.Timeout | undefined;
  #cutOff: NodeJS.Timeout | undefined;
  #incompleteBytes = 0;
  #reportedBytes = 0;
  /** A message has ended in the chunk that is being read. */
  #isCompleted = false;
  /** The latest ping that was not answered yet. */
  #ping: Buffer | undefined;
  #isPonging = false;
  readonly #pauses = new Set<PauseReason>();

  /**
   * Sets the listeners. Once, as the first thing in the callback of the upgrade, before a byte is read:
   * also for sockets that are about to be refused. `line`: what the WebSocket runs on.
   */
  listen(line: Duplex): void {
    this.on('error', (error) => this.onBroken?.(error));
    this.on('close', () => {
      clearTimeout(this.#closing);
      clearTimeout(this.#cutOff);
      this.#report(0);
      this.onClosing?.();
    });
    this.on('message', () => {
      this.#isCompleted = true;
      this.onAlive?.();
    });
    this.on('ping', (data) => {
      this.#controlled(data);
      this.#pinged(data);
    });
    this.on('pong', (data) => this.#controlled(data));
    // A client that half-closes TCP counts as gone: `ws` alone would wait until it has read
    // everything we queued, which may be never.
    line.on('end', () => this.onClosing?.());
    // After the listener of `ws`, which has emitted the messages that end in this chunk.
    line.on('data', (chunk: Buffer) => this.#arrived(chunk.length));
  }

  get waitingBytes(): number {
    return this.bufferedAmount;
  }

  override send(text: string): void {
    if (this.readyState === this.OPEN) super.send(text, this.onTaken);
  }

  /** Closes in any state. `ws` calls it too, for the Close frame of the client. */
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, typeof reason === 'string' ? closeReason(reason) : reason);
    if (this.readyState !== this.CLOSED) this.#closing ??= setTimeout(() => this.terminate(), closingMs);
    this.onClosing?.();
  }

  /**
   * Reads nothing more, and closes after a while: a client that was closed at once would be back at once
   * with more of the same.
   */
  cutOff(code: number, reason: string): void {
    if (this.#cutOff !== undefined) return;
    this.stopReading('cut off');
    this.#cutOff = setTimeout(() => this.close(code, reason), cutOffMs);
  }

  /** Reads nothing until every reason not to is gone. */
  stopReading(reason: PauseReason): void {
    this.#pauses.add(reason);
    this.pause();
  }

  readAgain(reason: PauseReason): void {
    if (this.#pauses.delete(reason) && this.#pauses.size === 0) this.resume();
  }

  fail(error: unknown): void {
    try {
      this.onFailure?.(error);
    } catch {
      // What failed may be the log itself; the socket is closed all the same.
    }
  }

  /** A control frame may stand between two fragments; it is no part of the message. */
  #controlled(data: Buffer): void {
    this.#incompleteBytes -= controlHeaderBytes + data.length;
    this.onAlive?.();
  }

  /** The rest of a chunk behind a complete message is not counted; it is at most one read. */
  #arrived(bytes: number): void {
    this.#incompleteBytes = this.#isCompleted ? 0 : Math.max(0, this.#incompleteBytes + bytes);
    this.#isCompleted = false;
    this.#report(this.#incompleteBytes);
    if (this.#incompleteBytes < uncountedBytes || this.#pauses.has('turn')) return;
    if (this.onLarge === undefined) return;
    this.stopReading('turn');
    this.onLarge(() => this.readAgain('turn'));
  }

  #report(bytes: number): void {
    const counted = bytes < uncountedBytes ? 0 : bytes;
    if (counted === this.#reportedBytes) return;
    this.#reportedBytes = counted;
    this.onIncomplete?.(counted);
  }

  /** In its place among the frames, so that a pong says that those before its ping were handled. */
  #pinged(data: Buffer): void {
    const isWaiting = this.#ping !== undefined;
    this.#ping = data;
    if (isWaiting) return;
    const answer = (): void => this.#pong();
    if (this.onPing === undefined) answer();
    else this.onPing(answer);
  }

  /** One at a time, and only for the latest ping, which RFC 6455 (5.5.3) allows: pings cost no queue. */
  #pong(): void {
    const data = this.#ping;
    if (this.#isPonging || data === undefined || this.readyState !== this.OPEN) return;
    this.#isPonging = true;
    this.#ping = undefined;
    this.pong(data, undefined, () => {
      this.#isPonging = false;
      this.#pong();
    });
  }
}
