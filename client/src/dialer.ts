/**
 * The way to the next socket: dials, waits longer after each failure, stops where the server says no. One attempt at a time.
 * Knows nothing of the sockets that came of it.
 */
import { BackOff } from './back-off.ts';
import type { Channel, Dialect } from './channel.ts';
import { ConnectionError } from './connection-error.ts';
import type { DialerOptions, UnopenedState } from './connection-options.ts';
import { credentialsOf, type Token } from './credentials.ts';
import { type Adopt, dial } from './dial.ts';
import { startTimer } from './timer.ts';
import type { OpenWebSocket } from './web-socket.ts';

export interface DialerOwner {
  /** Takes a socket over, inside its `open` event. */
  adopt: Adopt<Channel>;
  /** The state is another one, and what follows from it is planned already: whoever hears of it may close, or dial at once. */
  changed(): void;
}

const defaultTimeoutMs = 10_000;

export class Dialer {
  readonly #options: DialerOptions;
  readonly #owner: DialerOwner;
  readonly #backOff: BackOff;
  /** How long the longest pause is, in milliseconds. */
  readonly maxPauseMs: number;
  #state: UnopenedState = { type: 'idle' };
  #attempt: Promise<Channel> | undefined;
  #stopWaiting: (() => void) | undefined;
  /** Ends what the attempt waits for now, so that closing waits for nobody. */
  #giveUp: (() => void) | undefined;
  /** Which dialect this address turned out to speak. */
  #dialect: Dialect | 'auto';

  constructor(options: DialerOptions, owner: DialerOwner) {
    const { dialect = 'auto', backOffMs: { first, max } = { first: 250, max: 10_000 } } = options;
    this.#options = options;
    this.#owner = owner;
    this.#dialect = dialect;
    this.#backOff = new BackOff({ firstMs: first, maxMs: max });
    this.maxPauseMs = max;
  }

  /** `idle` once a socket was adopted; one object for as long as it lasts. */
  get state(): UnopenedState {
    return this.#state;
  }

  /**
   * Joins the attempt that is being made, or makes one now, without waiting for the pause to end.
   * @throws ConnectionError when this attempt fails; further ones may go on behind.
   */
  dial(): Promise<Channel> {
    if (this.#state.type === 'closed') return Promise.reject(closedByOwner());
    if (this.#attempt !== undefined) return this.#attempt;
    this.#stopWaiting?.();
    this.#state = { type: 'connecting' };
    const attempt = this.#dial();
    this.#attempt = attempt;
    this.#owner.changed();
    return attempt;
  }

  /** Dials before anybody asks, where nothing is under way yet. */
  dialAhead(): void {
    if (this.#options.reconnect === false || this.#state.type !== 'idle') return;
    this.dial().catch(() => {
      // The state has told; the next attempt is already planned.
    });
  }

  /** What was open is lost, or will be: as after an attempt that failed so. What is under way already goes on. */
  redial(error: ConnectionError): void {
    if (this.#state.type === 'idle') this.#state = this.#plan(error);
    this.#owner.changed();
  }

  /** The server wants us: the next pause is a short one again. */
  welcomed(): void {
    this.#backOff.reset();
  }

  close(): void {
    if (this.#state.type === 'closed') return;
    this.#stopWaiting?.();
    this.#state = { type: 'closed' };
    try {
      this.#owner.changed();
    } finally {
      this.#giveUp?.();
    }
  }

  async #dial(): Promise<Channel> {
    const {
      url,
      token,
      tokenIn = 'subprotocol',
      connectTimeoutMs: timeoutMs = defaultTimeoutMs,
    } = this.#options;
    const open: OpenWebSocket = (...handshake) => {
      this.#throwIfClosed();
      return this.#options.open(...handshake);
    };
    const onSocket = (giveUp: () => void): void => {
      // The owner may have closed while the platform was asked for the socket.
      if (this.#state.type === 'closed') giveUp();
      else this.#giveUp = giveUp;
    };
    try {
      const shown = typeof token === 'function' ? await this.#ask(token, timeoutMs) : token;
      const credentials = credentialsOf(shown, tokenIn);
      const options = { url, open, credentials, timeoutMs, onSocket, dialect: this.#dialect };
      return await dial(options, (socket, dialect) => {
        this.#giveUp = undefined;
        this.#throwIfClosed();
        this.#dialect = dialect;
        this.#attempt = undefined;
        this.#state = { type: 'idle' };
        return this.#owner.adopt(socket, dialect);
      });
    } catch (error) {
      this.#throwIfClosed();
      const failure =
        error instanceof ConnectionError ? error : new ConnectionError('unreachable', String(error));
      this.#attempt = undefined;
      this.#state = this.#plan(failure);
      this.#owner.changed();
      throw failure;
    }
  }

  #ask(token: Exclude<Token, string>, timeoutMs: number): Promise<string> {
    const { url } = this.#options;
    return new Promise((resolve, reject) => {
      const late = `${url}: there was no token within ${timeoutMs} ms`;
      const stopTimer = startTimer(timeoutMs, () => reject(new ConnectionError('timeout', late)));
      const refuse = (error: unknown): void => {
        stopTimer();
        const why = error instanceof Error ? error.message : String(error);
        reject(new ConnectionError('unreachable', `${url}: there was no token: ${why}`));
      };
      this.#giveUp = () => refuse(closedByOwner());
      new Promise<string>((give) => give(token())).then((given) => {
        stopTimer();
        if (typeof given === 'string' && given !== '') resolve(given);
        else refuse('the function gave none');
      }, refuse);
    });
  }

  #plan(error: ConnectionError): UnopenedState {
    if (error.reason === 'refused' && !isPassing(error)) return { type: 'refused', error };
    if (this.#options.reconnect === false) return { type: 'idle' };
    const retryInMs = this.#backOff.next();
    // Both the loss of a socket and the failure of the attempt that opened it may plan.
    this.#stopWaiting?.();
    this.#stopWaiting = startTimer(retryInMs, () => {
      this.dial().catch(() => {
        // The state has told; the next attempt is already planned.
      });
    });
    return { type: 'waiting', retryInMs, error };
  }

  #throwIfClosed(): void {
    if (this.#state.type === 'closed') throw closedByOwner();
  }
}

/** A server, or what stands in front of it, that is overloaded or restarts says so with these; they are no answer for good. */
function isPassing({ status }: ConnectionError): boolean {
  return status !== undefined && (status === 429 || status >= 500);
}

function closedByOwner(): ConnectionError {
  return new ConnectionError('closed', 'this connection was closed by its owner');
}
