/**
 * Pings every socket and tells who has gone silent. One timer for all of them, so that an idle socket costs nothing of its own.
 */
import type { WebSocket } from 'ws';

export interface LivenessOptions {
  pingIntervalMs: number;
  /** How long a socket may send nothing, not even a pong. */
  silenceMs: number;
  silent: (socket: WebSocket) => void;
}

interface Signs {
  heardAt: number;
  pingedAt: number;
}

export class Liveness {
  readonly #options: LivenessOptions;
  readonly #sockets = new Map<WebSocket, Signs>();
  readonly #sweepMs: number;
  readonly #timer: NodeJS.Timeout;
  #sweptAt = performance.now();

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#sweepMs = Math.max(10, Math.min(options.pingIntervalMs, options.silenceMs) / 4);
    this.#timer = setInterval(() => this.#sweep(), this.#sweepMs).unref();
  }

  watch(socket: WebSocket): void {
    const now = performance.now();
    this.#sockets.set(socket, { heardAt: now, pingedAt: now });
  }

  /** It sent something, if only a pong. */
  heard(socket: WebSocket): void {
    const signs = this.#sockets.get(socket);
    if (signs !== undefined) signs.heardAt = performance.now();
  }

  forget(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const now = performance.now();
    // While this process was held up it heard nobody: what they said in the meantime is read after this.
    const lateMs = Math.max(0, now - this.#sweptAt - this.#sweepMs);
    this.#sweptAt = now;
    for (const [socket, signs] of this.#sockets) {
      signs.heardAt = Math.min(now, signs.heardAt + lateMs);
      if (now - signs.heardAt >= this.#options.silenceMs) {
        this.#sockets.delete(socket);
        this.#options.silent(socket);
      } else if (now - signs.pingedAt >= this.#options.pingIntervalMs) {
        signs.pingedAt = now;
        socket.ping();
      }
    }
  }
}
