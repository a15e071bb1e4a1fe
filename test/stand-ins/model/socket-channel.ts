/** A reply as messages on a WebSocket that outlives it. */
import type { WebSocket } from 'ws';
import { type Closed, type ReplyChannel, ReplyEnd } from './reply-channel.ts';
import type { Refusal } from './refusal.ts';

/** A reader that is further behind is waited for. */
const highWaterBytes = 65_536;

export class SocketChannel implements ReplyChannel {
  readonly #socket: WebSocket;
  readonly #reset: () => void;
  readonly #end = new ReplyEnd();

  /** `reset` is the transport's; a WebSocket cannot reset what is under it. */
  constructor(socket: WebSocket, reset: () => void) {
    this.#socket = socket;
    this.#reset = reset;
    const gone = (): void => this.#end.note('client');
    socket.once('close', gone);
    this.signal.addEventListener('abort', () => socket.off('close', gone), { once: true });
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get closed(): Promise<Closed> {
    return this.#end.closed;
  }

  refuse({ body }: Refusal): void {
    this.#socket.send(body);
    this.#end.note('model');
  }

  open(): void {
    // The socket is open already.
  }

  async send(events: readonly string[], pieceBytes: number | undefined): Promise<void> {
    for (const event of events) {
      this.signal.throwIfAborted();
      const bytes = Buffer.from(event);
      const size = pieceBytes ?? bytes.length;
      for (let at = 0; at < bytes.length; at += size) {
        await this.#write(bytes.subarray(at, at + size), at + size >= bytes.length);
      }
    }
  }

  end(): void {
    this.#end.note('model');
  }

  cut(): void {
    this.#end.note('model');
    this.#socket.close(1000);
  }

  reset(): void {
    this.#end.note('model');
    this.#reset();
  }

  /** A message may leave in several frames, which split its characters anywhere. */
  async #write(piece: Buffer, isLast: boolean): Promise<void> {
    const options = { binary: false, fin: isLast };
    if (this.#socket.bufferedAmount < highWaterBytes) {
      this.#socket.send(piece, options);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(piece, options, (error) => {
        if (error === undefined || error === null) resolve();
        // The socket is closing; who closed it is not known before it has.
        else void this.closed.then(() => reject(error));
      });
    });
  }
}
