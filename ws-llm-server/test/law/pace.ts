/**
 * How much a busy machine is asked to do at once. Late timers tell how busy it is: what is then too late says nothing of the server.
 */

const everyMs = 20;
/** A timer that is later than that for so long: too much runs at once. */
const busyLagMs = 8;
const leastAtOnce = 6;
/** Of the lag before, in each new one. */
const memory = 0.9;

export class Pace {
  readonly #most: number;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting: (() => void)[] = [];
  #atOnce: number;
  #running = 0;
  #dueAt = performance.now() + everyMs;
  #lagMs = 0;
  #sumMs = 0;
  #count = 0;

  /** Stops with `stop`. */
  constructor(most: number) {
    this.#most = most;
    this.#atOnce = Math.min(most, leastAtOnce * 4);
    this.#timer = setInterval(() => this.#adjust(), everyMs);
  }

  /** The mean lateness of timers so far, in milliseconds. */
  get meanLagMs(): number {
    return this.#sumMs / Math.max(this.#count, 1);
  }

  /** Runs it when the machine has room for it. */
  async run<T>(what: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#running += 1;
    try {
      return await what();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #adjust(): void {
    const now = performance.now();
    const lagMs = Math.max(now - this.#dueAt, 0);
    this.#dueAt = now + everyMs;
    this.#sumMs += lagMs;
    this.#count += 1;
    this.#lagMs = memory * this.#lagMs + (1 - memory) * lagMs;
    if (this.#lagMs > busyLagMs) this.#atOnce = Math.max(leastAtOnce, this.#atOnce * 0.97);
    else this.#atOnce = Math.min(this.#most, this.#atOnce + 0.5);
    this.#next();
  }

  #next(): void {
    while (this.#running < this.#atOnce) {
      const go = this.#waiting.shift();
      if (go === undefined) return;
      this.#running += 1;
      go();
    }
  }
}
