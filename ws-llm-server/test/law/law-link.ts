/**
 * The client's end of one connection: tells each frame as it arrives, and lets a driver wait for news. Knows no dialect.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { awakeMs } from './awake-clock.ts';
import { LawBroken } from './law-broken.ts';

export interface LawLinkOptions {
  /** How long nothing at all may happen while something is waited for, in milliseconds. */
  quietMs: number;
  /** Nobody wants to know any more: every wait throws. */
  signal: AbortSignal;
  /** What is sent and what arrives. */
  note: (what: '>' | '<', text: string) => void;
  /** Throws LawBroken where it should not have come. */
  onFrame: (text: string, at: number) => void;
}

export class LawLink {
  readonly #socket: WebSocket;
  readonly #quietMs: number;
  readonly #signal: AbortSignal;
  readonly #note: LawLinkOptions['note'];
  #wake: (() => void)[] = [];
  #newsAt = awakeMs();
  #broken: unknown;
  #closed: { code: number } | undefined;

  private constructor(socket: WebSocket, { quietMs, signal, onFrame, note }: LawLinkOptions) {
    this.#socket = socket;
    this.#quietMs = quietMs;
    this.#signal = signal;
    this.#note = note;
    const poke = (): void => this.poke();
    signal.addEventListener('abort', poke);
    socket.once('close', () => signal.removeEventListener('abort', poke));
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      this.#note('<', text);
      try {
        // What comes after the first breach of the law proves nothing.
        if (this.#broken === undefined) onFrame(text, performance.now());
      } catch (error) {
        this.#broken = error;
      }
      this.poke();
    });
    socket.on('close', (code) => {
      this.#closed = { code };
      this.#note('<', `closed ${code}`);
      this.poke();
    });
    socket.on('error', () => {
      // `close` tells.
    });
  }

  static async open(url: string, protocols: string[], options: LawLinkOptions): Promise<LawLink> {
    const socket = new WebSocket(url, protocols);
    const link = new LawLink(socket, options);
    await once(socket, 'open');
    return link;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(frame: object | string): void {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    this.#note('>', text);
    this.#socket.send(text);
  }

  /** Something happened that a wait may be for. */
  poke(): void {
    this.#newsAt = awakeMs();
    for (const wake of this.#wake.splice(0)) wake();
  }

  /**
   * Until `reached`.
   * @throws LawBroken where the law was broken meanwhile, where the server closed, or where nothing happens any more
   */
  async until(reached: () => boolean, what: () => string): Promise<void> {
    for (;;) {
      this.check();
      if (reached()) return;
      const leftMs = this.#newsAt + this.#quietMs - awakeMs();
      if (leftMs <= 0) {
        throw new LawBroken('every request ends', `${what()}: nothing happened for ${this.#quietMs} ms`);
      }
      await this.news(leftMs);
    }
  }

  /** Until something happens, at most so long. */
  async news(atMostMs: number): Promise<void> {
    this.#signal.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake.push(resolve);
      timer = setTimeout(resolve, atMostMs);
    });
    clearTimeout(timer);
  }

  /** So long, unless the server hangs up. */
  async pause(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      this.check();
      await this.news(until - performance.now());
    }
  }

  /** @throws LawBroken where the law was broken, or where the server closed */
  check(): void {
    this.#signal.throwIfAborted();
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#closed !== undefined) {
      throw new LawBroken('the server does not hang up', `closed with ${this.#closed.code}`);
    }
  }

  /** Closes properly, or tears the connection; resolves when it is gone. */
  async lose(how: 'closed' | 'torn'): Promise<void> {
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    const gone = once(this.#socket, 'close');
    if (how === 'closed') this.#socket.close();
    else this.#socket.terminate();
    await gone;
    // Whatever came while it closed was still to be lawful.
    if (this.#broken !== undefined) throw this.#broken;
  }
}
