/**
 * Pings every socket and finds the silent ones. One timer for all of them, so that an idle socket costs
 * nothing of its own; it looks at a part of them at each tick, so that no tick takes long.
 */
import type { WebSocket } from 'ws';

export interface LivenessOptions {
  pingIntervalMs: number;
  /** How long a socket may send nothing, not even a pong. */
  silenceMs: number;
  onSilent: (socket: WebSocket) => void;
}

interface Signs {
  heardAt: number;
  pingedAt: number;
}

/** Each socket is looked at this often within the shorter of the two intervals. */
const looksPerInterval = 4;
/** In how many ticks all sockets are looked at once. */
const ticksPerRound = 100;
const shortestTickMs = 10;
/** A tick that is less late than this is no sign that the process was held up. */
const usualDelayMs = 25;

export class Liveness {
  readonly #options: LivenessOptions;
  readonly #sockets = new Map<WebSocket, Signs>();
  readonly #tickMs: number;
  readonly #ticksPerRound: number;
  readonly #timer: NodeJS.Timeout;
  /** Where the next tick goes on. A Map's iterator sees what is added and removed meanwhile. */
  #next: Iterator<[WebSocket, Signs]> = this.#sockets.entries();
  #tickedAt = performance.now();
  /** How long this process was held up in all: what was sent meanwhile is read only afterwards. */
  #heldUpMs = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
    const roundMs = Math.min(options.pingIntervalMs, options.silenceMs) / looksPerInterval;
    this.#tickMs = Math.max(shortestTickMs, roundMs / ticksPerRound);
    this.#ticksPerRound = Math.max(1, Math.floor(roundMs / this.#tickMs));
    this.#timer = setInterval(() => this.#tick(), this.#tickMs).unref();
  }

  watch(socket: WebSocket): void {
    const now = this.#now();
    this.#sockets.set(socket, { heardAt: now, pingedAt: now });
  }

  /** It sent something, if only a pong. */
  heard(socket: WebSocket): void {
    const signs = this.#sockets.get(socket);
    if (signs !== undefined) signs.heardAt = this.#now();
  }

  forget(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const lateMs = now - this.#tickedAt - this.#tickMs;
    if (lateMs > usualDelayMs) this.#heldUpMs += lateMs;
    this.#tickedAt = now;
    for (let left = Math.ceil(this.#sockets.size / this.#ticksPerRound); left > 0; left -= 1) {
      let next = this.#next.next();
      if (next.done === true) {
        this.#next = this.#sockets.entries();
        next = this.#next.next();
        if (next.done === true) return;
      }
      this.#look(...next.value);
    }
  }

  #look(socket: WebSocket, signs: Signs): void {
    const now = this.#now();
    if (now - signs.heardAt >= this.#options.silenceMs) {
      this.#sockets.delete(socket);
      this.#options.onSilent(socket);
    } else if (now - signs.pingedAt >= this.#options.pingIntervalMs) {
      signs.pingedAt = now;
      socket.ping();
    }
  }

  /** A clock that stands still while this process is held up, as far as that is known. */
  #now(): number {
    return performance.now() - this.#heldUpMs;
  }
}
