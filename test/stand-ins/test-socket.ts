/** A client that says exactly what a test wants and queues what it hears: frames, and the close. */
import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

export type ReceivedFrame = Record<string, unknown> & { type: string };

export class TestSocket {
  readonly socket: WebSocket;
  /** Everything that arrived, in order. */
  readonly frames: ReceivedFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #read = 0;
  #wake: (() => void) | undefined;
  #gone = false;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString('utf8')) as ReceivedFrame);
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#gone = true;
        this.#wake?.();
        resolve({ code, reason: reason.toString('utf8') });
      });
    });
    socket.on('error', () => {
      // `closed` tells.
    });
  }

  /** Connects; protocols empty: a plain client. Rejects where the handshake fails. */
  static async open(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<TestSocket> {
    const socket = new WebSocket(url, protocols, options);
    const client = new TestSocket(socket);
    await once(socket, 'open');
    return client;
  }

  send(frame: object | string | Buffer): void {
    this.socket.send(typeof frame === 'object' && !Buffer.isBuffer(frame) ? JSON.stringify(frame) : frame);
  }

  /** The next frame that was not read yet. Rejects where the socket closes first. */
  async next(): Promise<ReceivedFrame> {
    for (;;) {
      const frame = this.frames[this.#read];
      if (frame !== undefined) {
        this.#read += 1;
        return frame;
      }
      if (this.#gone) throw new Error('the socket closed before the next frame');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next frame of that type; those before it are skipped. */
  async nextOf(type: string): Promise<ReceivedFrame> {
    for (;;) {
      const frame = await this.next();
      if (frame.type === type) return frame;
    }
  }

  /** All frames up to and with the next one that ends a request. */
  async untilEnd(): Promise<ReceivedFrame[]> {
    const frames: ReceivedFrame[] = [];
    for (;;) {
      const frame = await this.next();
      frames.push(frame);
      if (['complete', 'error', 'reset_complete'].includes(frame.type)) return frames;
    }
  }

  close(): void {
    this.socket.close();
  }
}
