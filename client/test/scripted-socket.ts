/** One client, as the scripted server sees it: the frames that came, and what a test has it answer. */
import type { ClientFrame, PlainClientFrame } from '@ws-llm/protocol';
import type { WebSocket } from 'ws';
import { Queue } from './queue.ts';

type Frame = ClientFrame | PlainClientFrame;

export class ScriptedSocket {
  readonly #socket: WebSocket;
  readonly #received = new Queue<Frame>();
  /** Every frame that came, in order. */
  readonly frames: Frame[] = [];
  /** The code with which the connection ended, once it has. */
  readonly closed: Promise<number>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      // Sent by the code under test, and typed there.
      const frame = JSON.parse(data.toString()) as Frame;
      this.frames.push(frame);
      this.#received.push(frame);
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  /** The next frame that was not asked for yet. */
  next(): Promise<Frame> {
    return this.#received.next();
  }

  /** Objects go as JSON, text and bytes as they are. */
  send(...frames: (object | string | Buffer)[]): void {
    for (const frame of frames) {
      this.#socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    }
  }

  /** A ping of the socket itself, which is no frame. */
  ping(): void {
    this.#socket.ping();
  }

  close(code: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  /** Cuts the line. */
  drop(): void {
    this.#socket.terminate();
  }
}
