/**
 * Notices a server that has gone silent: asks once when nothing came for a while, gives up when nothing comes at all.
 * Pages cannot see a socket's own pings, so it asks by frames. Owns one timer, which stops with it; what arrives costs a flag.
 */
import { startTimer } from './timer.ts';

export interface HeartbeatActions {
  /** Nothing came for an interval: ask for a sign of life. */
  ping(): void;
  /** Nothing came for the whole time allowed. */
  silent(): void;
}

/** Ticks without a sign of life after a probe: two, because the first may be late itself, with the answer waiting behind it. */
const allowedAfterProbe = 2;

export class Heartbeat {
  readonly #actions: HeartbeatActions;
  #stopTimer: (() => void) | undefined;
  #tickMs = 0;
  #allowed = 0;
  #heard = false;
  /** Whole ticks without a sign of life. */
  #quiet = 0;
  #probing = false;

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
    this.#tickMs = intervalMs / 2;
    this.#allowed = Math.max(2, Math.ceil(silenceMs / this.#tickMs));
    this.#heard = true;
    this.#resume();
  }

  /** Something arrived. */
  heard(): void {
    this.#heard = true;
  }

  /**
   * Something is about to be asked. Where nothing came since the last look, asks for a sign of life first, and gives up after a quarter
   * of an interval: a request must not wait for its own deadline on a line that died unnoticed.
   */
  probe(): void {
    if (this.#heard || this.#probing || this.#stopTimer === undefined) return;
    this.#probing = true;
    this.#quiet = 0;
    // Planned before it is sent: a send that ends the socket stops this timer too.
    this.#plan(this.#tickMs / 4);
    this.#actions.ping();
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #resume(): void {
    this.#probing = false;
    this.#quiet = 0;
    this.#plan(this.#tickMs);
  }

  #plan(delayMs: number): void {
    this.#stopTimer?.();
    this.#stopTimer = startTimer(delayMs, () => this.#tick(delayMs));
  }

  #tick(delayMs: number): void {
    if (this.#heard) {
      this.#heard = false;
      return this.#resume();
    }
    this.#quiet += 1;
    const allowed = this.#probing ? allowedAfterProbe : this.#allowed;
    if (this.#quiet >= allowed) {
      this.stop();
      return this.#actions.silent();
    }
    this.#plan(delayMs);
    if (!this.#probing && this.#quiet % 2 === 1) this.#actions.ping();
  }
}
