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
  #quietTicks = 0;

  constructor(actions: HeartbeatActions) {
    this.#actions = actions;
  }

  /**
   * Starts, or starts again with other times, in milliseconds. Asks within an interval of quiet; gives up after `silenceMs`, at most
   * half an interval late. An interval of 0 turns it off.
   */
  start(intervalMs: number, silenceMs: number): void {
    this.stop();
    if (intervalMs <= 0) return;
    // Counted in half intervals, not by the clock: after a suspended laptop wakes, the server still gets one to answer.
    const tickMs = intervalMs / 2;
    const allowed = Math.max(2, Math.ceil(silenceMs / tickMs));
    const tick = (): void => {
      this.#quietTicks += 1;
      if (this.#quietTicks > allowed) return this.#actions.silent();
      if (this.#quietTicks % 2 === 0) this.#actions.ping();
      this.#stopTimer = startTimer(tickMs, tick);
    };
    this.#quietTicks = 0;
    this.#stopTimer = startTimer(tickMs, tick);
  }

  /** Something arrived. */
  heard(): void {
    this.#quietTicks = 0;
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}
