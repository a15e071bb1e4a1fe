/**
 * A client that behaves: one short question after the other, and how long each waited for its first
 * word.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RawClient } from './raw-client.ts';

const everyMs = 100;
/** An answer that takes longer is none. */
const deadlineMs = 5_000;

export interface Served {
  /** From sending to the first delta, in order; Infinity where the answer was an error, or none. */
  waits: number[];
  /** Codes of errors, and how often each came. */
  errors: Record<string, number>;
  /** How often its socket was closed on it. */
  reconnects: number;
}

export class SteadyClient {
  readonly served: Served = { waits: [], errors: {}, reconnects: 0 };
  readonly #port: number;
  readonly #stop = new AbortController();
  #client: RawClient | undefined;
  #done: Promise<void> | undefined;
  #asked = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Connects, and asks from now on. */
  async start(): Promise<void> {
    this.#client = await this.#connect();
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    this.#client?.destroy();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const waited = await this.#ask();
      this.served.waits.push(waited);
      const leftMs = everyMs - (performance.now() - startedAt);
      await delay(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(): Promise<number> {
    if (this.#client?.isOpen !== true) {
      this.served.reconnects += 1;
      this.#client = await this.#connect().catch(() => undefined);
    }
    const client = this.#client;
    if (client === undefined) return Infinity;
    this.#asked += 1;
    const id = String(this.#asked);
    const startedAt = performance.now();
    const first = new Promise<number>((resolve) => {
      client.onText = (text) => {
        const frame = JSON.parse(text) as { type: string; id?: string; code?: string };
        if (frame.id !== id) return;
        if (frame.type === 'delta') resolve(performance.now() - startedAt);
        if (frame.type !== 'error') return;
        this.#count(frame.code ?? 'error');
        resolve(Infinity);
      };
    });
    const messages = [{ role: 'user', content: '!say at once' }];
    client.send({ type: 'chat', id, messages, mirror: { keep: 0 } });
    const lost = client.closed.then(() => Infinity);
    const late = delay(deadlineMs, Infinity, { ref: false });
    const waited = await Promise.race([first, lost, late]);
    // The next question must not wait for the rest of this reply.
    client.onText = () => undefined;
    return waited;
  }

  async #connect(): Promise<RawClient> {
    const client = await RawClient.open(this.#port, { protocol: 'ws-llm.v1' });
    void client.closed.then((end) => {
      if (!this.#stop.signal.aborted) this.#count(end === 'lost' ? end : `closed ${end.code}`);
    });
    return client;
  }

  #count(what: string): void {
    const { errors } = this.served;
    errors[what] = (errors[what] ?? 0) + 1;
  }
}

/** The smallest value that so much of all values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity;
}
