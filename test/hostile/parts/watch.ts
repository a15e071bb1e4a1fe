/**
 * Measures a server from outside while it is attacked: memory, file descriptors, `/health`, and
 * what is open at its model.
 */
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './child.ts';
import type { Figures } from './figures.ts';
import type { Model } from './model.ts';

export interface WatchOptions {
  server: Child;
  port: number;
  model: Model;
  figures: Figures;
}

const healthEveryMs = 50;
const memoryEveryMs = 100;
/** The loop is reported every 200 ms. */
const unheardLimitMs = 1_500;
/** An answer that takes longer is none. */
const healthDeadlineMs = 10_000;

export class Watch {
  readonly #options: WatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = new AbortController();
  readonly #probing: Promise<void>;
  /** Latencies of `/health` in order. */
  healths: number[] = [];
  /** The test itself ends the server. */
  isEndExpected = false;

  readonly #logBytesBefore: number;
  readonly #stopHearing: () => void;
  #stallMs = 0;
  #heardAt = performance.now();

  constructor(options: WatchOptions) {
    this.#options = options;
    const { server, figures } = options;
    this.#logBytesBefore = server.outputBytes;
    const hear = (message: { type: string; longestMs: number }): void => {
      if (message.type !== 'loop') return;
      this.#heardAt = performance.now();
      this.#stallMs = message.longestMs;
      figures.stallMs = Math.max(figures.stallMs, message.longestMs);
    };
    server.process.on('message', hear);
    this.#stopHearing = () => void server.process.off('message', hear);
    server.send({ type: 'watch-loop' });
    this.#timer = setInterval(() => this.#sample(), memoryEveryMs);
    this.#sample();
    this.#probing = this.#probe();
  }

  async isHealthy(withinMs: number): Promise<boolean> {
    return Number.isFinite(await health(this.#options.port, withinMs));
  }

  /** What was measured so far stays in the figures; `stall` begins anew. */
  forgetStall(): void {
    this.#stallMs = 0;
    this.#options.server.send({ type: 'watch-loop' });
  }

  /**
   * Longest stall since `forgetStall`, as the server reports it next; Infinity where it reports
   * nothing within 10 s.
   */
  async stall(): Promise<number> {
    const { server } = this.#options;
    const asked = server.ask<{ type: 'loop'; longestMs: number }>({ type: 'report-loop' }, 'loop');
    const late = delay(10_000, undefined, { ref: false });
    const answer = await Promise.race([asked.catch(() => undefined), late]);
    return answer === undefined ? Infinity : Math.max(answer.longestMs, this.#stallMs);
  }

  /** Takes the last figures, and measures no more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#probing;
    await this.#count();
    // Its end may be on its way.
    await delay(50);
    this.#sample();
    this.#stopHearing();
  }

  #sample(): void {
    const { server, figures } = this.#options;
    // A loop that never turns again reports nothing.
    const unheardMs = performance.now() - this.#heardAt;
    if (server.end === undefined && unheardMs > unheardLimitMs)
      figures.stallMs = Math.max(figures.stallMs, unheardMs);
    figures.peakMb = server.peakMb;
    figures.files = Math.max(figures.files, server.files);
    figures.logKb = (server.outputBytes - this.#logBytesBefore) / 1_024;
    figures.isAlive = server.end === undefined || this.isEndExpected;
    void this.#count();
  }

  async #count(): Promise<void> {
    const { model, figures } = this.#options;
    const counts = await model.count().catch(() => model.counts);
    figures.mostOpen = counts.mostOpen;
  }

  async #probe(): Promise<void> {
    const { server, port, figures } = this.#options;
    const { signal } = this.#stop;
    const stopped = aborted(signal);
    while (!signal.aborted && server.end === undefined) {
      const startedAt = performance.now();
      const took = await Promise.race([health(port, healthDeadlineMs), stopped]);
      if (took === undefined) {
        // Stopped while the answer was due: it took at least so long.
        figures.healthMs = Math.max(figures.healthMs, performance.now() - startedAt);
        return;
      }
      // That it has ended is reported by itself.
      if (server.end !== undefined) return;
      this.healths.push(took);
      figures.healthMs = Math.max(figures.healthMs, took);
      const leftMs = healthEveryMs - (performance.now() - startedAt);
      await delay(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }
}

/**
 * How long `GET /health` took, on a new connection; Infinity where it was not answered with
 * 200.
 */
function health(port: number, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: '/health', agent: false }, (response) => {
      response.resume();
      response.once('end', () =>
        resolve(response.statusCode === 200 ? performance.now() - startedAt : Infinity),
      );
      response.once('error', () => resolve(Infinity));
    });
    request.setTimeout(withinMs, () => request.destroy());
    request.once('error', () => resolve(Infinity));
    request.once('close', () => resolve(Infinity));
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
