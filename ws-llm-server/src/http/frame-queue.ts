/**
 * The order in which frames of all clients are handled. Small ones at once. A large one may take tens of
 * milliseconds to parse: after one of them the next large one waits as long as it took, so that they have
 * at most half of the process, and everybody else is served in between. Frames of one client keep their
 * order.
 */

/** Parsing a smaller one takes about a millisecond at worst. */
const largeBytes = 16 * 1024;

/** A client as the queue sees it. */
export interface FrameSource {
  /** Stops reading from the client while its frames wait, so that no more of them pile up. */
  pause(): void;
  resume(): void;
}

type Handle = () => void;

export class FrameQueue {
  /** All frames that wait, by source; the source that has waited longest first. */
  readonly #waiting = new Map<FrameSource, Handle[]>();
  #timer: NodeJS.Timeout | undefined;
  /** When the next large frame may be handled, on the clock of `performance.now()`. */
  #freeAt = -Infinity;

  /** Calls `handle`, now or later; not after `drop`. It must not throw. */
  add(source: FrameSource, bytes: number, handle: Handle): void {
    const before = this.#waiting.get(source);
    if (before !== undefined) return void before.push(handle);
    if (bytes < largeBytes) return handle();
    if (this.#waiting.size === 0 && performance.now() >= this.#freeAt) return this.#run(handle);
    source.pause();
    this.#waiting.set(source, [handle]);
    this.#schedule();
  }

  /** The client is gone, or about to be: what waits of it is not handled any more. */
  drop(source: FrameSource): void {
    this.#waiting.delete(source);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  /** One frame of the source that has waited longest, which then goes behind all others. */
  #next(): void {
    this.#timer = undefined;
    for (const [source, frames] of this.#waiting) {
      this.#run(frames.shift() ?? (() => undefined));
      // It may have been dropped meanwhile.
      if (this.#waiting.get(source) === frames) {
        this.#waiting.delete(source);
        if (frames.length > 0) this.#waiting.set(source, frames);
        else source.resume();
      }
      return this.#schedule();
    }
  }

  #run(handle: Handle): void {
    const startedAt = performance.now();
    handle();
    const endedAt = performance.now();
    this.#freeAt = endedAt + (endedAt - startedAt);
  }

  #schedule(): void {
    if (this.#waiting.size === 0) return;
    this.#timer ??= setTimeout(() => this.#next(), Math.max(0, this.#freeAt - performance.now()));
  }
}
