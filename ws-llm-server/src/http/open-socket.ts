/** One open WebSocket as a connection uses it. */
import type { WebSocket } from 'ws';
import type { ClientSocket } from '../connection/client-socket.ts';
import { closeSocket } from './close-socket.ts';

export class OpenSocket implements ClientSocket {
  onTaken: (() => void) | undefined;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text, this.onTaken);
  }

  close(code: number, reason: string): void {
    closeSocket(this.#socket, code, reason);
  }
}
