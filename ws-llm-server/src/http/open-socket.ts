/**
 * One open WebSocket as a connection uses it. Tells `ended` once, as soon as nothing more can be sent, by whichever side: requests must
 * not run on while a closing handshake waits for a client that may never answer.
 */
import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { ClientSocket } from '../connection/client-socket.ts';
import { closeSocket } from './close-socket.ts';

export class OpenSocket extends EventEmitter<{ ended: [] }> implements ClientSocket {
  onTaken: (() => void) | undefined;
  readonly #socket: WebSocket;
  readonly #taken = (): void => this.onTaken?.();

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    const end = (): void => {
      socket.off('closing', end);
      socket.off('close', end);
      this.emit('ended');
    };
    socket.on('closing', end);
    socket.on('close', end);
  }

  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text, this.#taken);
  }

  close(code: number, reason: string): void {
    closeSocket(this.#socket, code, reason);
  }
}
