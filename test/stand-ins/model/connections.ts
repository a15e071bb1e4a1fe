/** The TCP connections of the model: how many were ever made, which of them are in use, and their end. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  /** That were ever made. */
  made = 0;
  /** By how many requests each is in use. */
  readonly #uses = new Map<Socket, number>();
  #refusing = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.made += 1;
      this.#uses.set(socket, 0);
      socket.once('close', () => this.#uses.delete(socket));
    });
  }

  /** In use until the signal aborts. */
  use(socket: Socket, signal: AbortSignal): void {
    this.#count(socket, 1);
    signal.addEventListener('abort', () => this.#count(socket, -1), { once: true });
  }

  /** Ends each connection as soon as nothing uses it. */
  set refusing(refusing: boolean) {
    this.#refusing = refusing;
    for (const socket of this.#uses.keys()) this.#endIfIdle(socket);
  }

  destroy(): void {
    for (const socket of this.#uses.keys()) socket.destroy();
  }

  #count(socket: Socket, by: number): void {
    const uses = this.#uses.get(socket);
    if (uses === undefined) return;
    this.#uses.set(socket, uses + by);
    this.#endIfIdle(socket);
  }

  #endIfIdle(socket: Socket): void {
    if (this.#refusing && this.#uses.get(socket) === 0) socket.destroySoon();
  }
}
