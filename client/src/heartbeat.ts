/**
 * Notices a server that has gone silent: asks once when nothing came for a while, gives up when nothing comes at all.
 * Pages cannot see a socket's own pings, so it uses frames. Owns one timer, which stops with it.
 */
import { startTimer } from './timer.ts';

export interface HeartbeatActions {
  /** Nothing came for an interval: ask for a sign of life. */
  ping(): void;
  /** Nothing came for the whole time allowed. */
  silent(): void;
}

export class Heartbeat {
  readonly #actions: HeartbeatActions;
  #stopTimer: (() => void) | undefined;
  #intervals = 0;

  constructor(actions: HeartbeatActions) {
    this.#actions = actions;
  }

  /** Starts, or starts again with other times, in milliseconds. An interval of 0 turns it off. */
  start(intervalMs: number, silenceMs: number): void {
    this.stop();
    if (intervalMs <= 0) return;
    // Counted in intervals, not by the clock: after a suspended laptop wakes, the server still gets one to answer.
    const allowed = Math.max(1, Math.ceil(silenceMs / intervalMs));
    const tick = (): void => {
      this.#intervals += 1;
      if (this.#intervals > allowed) return this.#actions.silent();
      this.#actions.ping();
      this.#stopTimer = startTimer(intervalMs, tick);
    };
    this.#intervals = 0;
    this.#stopTimer = startTimer(intervalMs, tick);
  }

  /** Something arrived. */
  heard(): void {
    this.#intervals = 0;
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}
