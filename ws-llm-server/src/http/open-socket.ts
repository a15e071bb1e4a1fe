/**
 * One open WebSocket as a connection uses it. Tells `ended` once, as soon as nothing more can be sent, by whichever side: requests must
 * not run on while a closing handshake waits for a client that may never answer.
 */
import { EventEmitter } from 'node:events';
import { CloseCode } from '@ws-llm/protocol';
import type { WebSocket } from 'ws';
import type { ClientSocket } from '../connection/client-socket.ts';
import { closeSocket } from './close-socket.ts';

export class OpenSocket extends EventEmitter<{ ended: [] }> implements ClientSocket {
  readonly #socket: WebSocket;
  readonly #maxBufferedBytes: number;

  constructor(socket: WebSocket, maxBufferedBytes: number) {
    super();
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
    const end = (): void => {
      socket.off('closing', end);
      socket.off('close', end);
      this.emit('ended');
    };
    socket.on('closing', end);
    socket.on('close', end);
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text);
    // A model is never paused for a reader; one that does not read is let go before it costs memory.
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      this.close(CloseCode.overloaded, 'reading too slowly');
    }
  }

  close(code: number, reason: string): void {
    closeSocket(this.#socket, code, reason);
  }
}
