/** A WebSocket without a network: a test plays the other side and decides, to the microtask, what happens when. */
import type { WebSocketLike } from '../src/index.ts';

type Listener = (event: { data: unknown; code: number; reason: string }) => void;

export class InMemorySocket implements WebSocketLike {
  readonly protocol: string;
  /** A test that makes it 2 has the socket begin to close. */
  readyState = 1;
  /** Every frame that was sent while the socket was open. */
  readonly sent: Record<string, unknown>[] = [];
  readonly #listeners = new Map<string, Listener[]>();
  #open = true;

  constructor(protocols: string[]) {
    this.protocol = protocols[0] ?? '';
    queueMicrotask(() => this.#emit('open', {}));
  }

  addEventListener(type: string, listener: unknown): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener as Listener]);
  }

  send(data: string): void {
    if (this.#open) this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  close(code = 1005): void {
    this.end(code);
  }

  /** The other side sends something. */
  deliver(data: object | string): void {
    this.#emit('message', { data: typeof data === 'string' ? data : JSON.stringify(data) });
  }

  /** The connection ends; only the first time counts. */
  end(code: number): void {
    if (!this.#open) return;
    this.#open = false;
    this.readyState = 3;
    queueMicrotask(() => this.#emit('close', { code, reason: '' }));
  }

  #emit(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) {
      listener({ data: undefined, code: 1005, reason: '', ...event });
    }
  }
}
