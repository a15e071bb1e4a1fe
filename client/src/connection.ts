/**
 * Keeps one channel to a server open: dials, dials again with growing pauses when it is lost, stops where the server says no.
 * Knows nothing of what is asked; whatever ran on a lost channel has ended with it, and nothing is sent twice.
 */
import { CloseCode, isRetryableClose } from '@ws-llm/protocol';
import { BackOff } from './back-off.ts';
import type { Channel, ChannelEvents, Closed, Dialect } from './channel.ts';
import { ConnectionError } from './connection-error.ts';
import { dial } from './dial.ts';
import { PlainChannel } from './plain-channel.ts';
import { startTimer } from './timer.ts';
import { V1Channel } from './v1-channel.ts';
import type { OpenWebSocket, WebSocketLike } from './web-socket.ts';

/** Where a connection stands. */
export type ConnectionState =
  | { type: 'idle' }
  | { type: 'connecting' }
  | { type: 'open'; channel: Channel }
  /** Lost; the next attempt is made in `retryInMs` at the latest. */
  | { type: 'waiting'; retryInMs: number; error: ConnectionError }
  /** The server will not have us; only `open()` tries again. */
  | { type: 'refused'; error: ConnectionError }
  | { type: 'closed' };

export interface ConnectionOptions {
  url: string;
  open: OpenWebSocket;
  /** Default `auto`. */
  dialect?: Dialect | 'auto';
  /** How long a handshake may take, in milliseconds. Default 10,000. */
  connectTimeoutMs?: number;
  /** Dial again by itself after a loss. Default true; otherwise only `open()` dials. */
  reconnect?: boolean;
  /** The first and the longest pause between attempts, in milliseconds. Default 250 and 10,000. */
  backOffMs?: { first: number; max: number };
  /** Told of every change of state. */
  onState?: (state: ConnectionState) => void;
  /** What channels tell beyond replies. */
  events?: Omit<ChannelEvents, 'closed'>;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #backOff: BackOff;
  #state: ConnectionState = { type: 'idle' };
  #dialing: Promise<Channel> | undefined;
  #stopWaiting: (() => void) | undefined;
  /** The socket that is being opened, so that closing does not wait for its server. */
  #handshake: WebSocketLike | undefined;
  /** Which dialect this address turned out to speak. */
  #dialect: Dialect | 'auto';

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#dialect = options.dialect ?? 'auto';
    const { first, max } = options.backOffMs ?? { first: 250, max: 10_000 };
    this.#backOff = new BackOff({ firstMs: first, maxMs: max });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The open channel, if there is one now. */
  get channel(): Channel | undefined {
    // A channel ends its replies before it tells its owner; whoever asks in between must not get the dead one.
    return this.#state.type === 'open' && this.#state.channel.open ? this.#state.channel : undefined;
  }

  /**
   * The open channel; dials where there is none, without waiting for the pause to end.
   * @throws ConnectionError when this attempt fails; further ones may go on behind.
   */
  open(): Promise<Channel> {
    const { channel } = this;
    if (channel !== undefined) return Promise.resolve(channel);
    if (this.#state.type === 'closed') return Promise.reject(closedByOwner());
    this.#dialing ??= this.#dial().finally(() => {
      this.#dialing = undefined;
    });
    return this.#dialing;
  }

  /** Closes for good; open replies end as `lost`. */
  close(): void {
    if (this.#state.type === 'closed') return;
    const { channel } = this;
    this.#stopWaiting?.();
    this.#enter({ type: 'closed' });
    this.#handshake?.close();
    channel?.close();
  }

  async #dial(): Promise<Channel> {
    const { url, connectTimeoutMs: timeoutMs = 10_000 } = this.#options;
    const open: OpenWebSocket = (address, protocols) => {
      if (this.#state.type === 'closed') throw closedByOwner();
      return (this.#handshake = this.#options.open(address, protocols));
    };
    this.#stopWaiting?.();
    this.#enter({ type: 'connecting' });
    try {
      return await dial({ url, open, timeoutMs, dialect: this.#dialect }, (socket, dialect) =>
        this.#adopt(socket, dialect),
      );
    } catch (error) {
      if (this.#state.type === 'closed') throw closedByOwner();
      const failure =
        error instanceof ConnectionError ? error : new ConnectionError('unreachable', String(error));
      this.#failed(failure);
      throw failure;
    } finally {
      this.#handshake = undefined;
    }
  }

  #adopt(socket: WebSocketLike, dialect: Dialect): Channel {
    if (this.#state.type === 'closed') {
      socket.close(1000);
      throw closedByOwner();
    }
    this.#handshake = undefined;
    this.#dialect = dialect;
    const events: ChannelEvents = {
      ...this.#options.events,
      ready: (frame) => {
        // Only now is it sure that the server wants us: one that accepts and then closes must not be dialled in a hurry.
        this.#backOff.reset();
        this.#options.events?.ready?.(frame);
      },
      closed: (closed) => this.#lost(channel, closed),
    };
    const channel: Channel =
      dialect === 'v1' ? new V1Channel(socket, events) : new PlainChannel(socket, events);
    if (dialect === 'plain') this.#backOff.reset();
    this.#enter({ type: 'open', channel });
    return channel;
  }

  #lost(channel: Channel, { code, reason }: Closed): void {
    if (this.#state.type !== 'open' || this.#state.channel !== channel) return;
    const message = `${this.#options.url} closed the connection (${code}${reason === '' ? '' : `: ${reason}`})`;
    const retryable = isRetryableClose(code) || code === CloseCode.normal;
    this.#failed(new ConnectionError(retryable ? 'unreachable' : 'refused', message, { closeCode: code }));
  }

  #failed(error: ConnectionError): void {
    if (error.reason === 'refused' && !isPassing(error)) return this.#enter({ type: 'refused', error });
    if (this.#options.reconnect === false) return this.#enter({ type: 'idle' });
    const retryInMs = this.#backOff.next();
    // Planned before it is told: whoever hears of it may close, or ask again at once.
    this.#stopWaiting = startTimer(retryInMs, () => {
      this.open().catch(() => {
        // The state has told; the next attempt is already planned.
      });
    });
    this.#enter({ type: 'waiting', retryInMs, error });
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}

/** A server, or what stands in front of it, that is overloaded or restarts says so with these; they are no answer for good. */
function isPassing({ status }: ConnectionError): boolean {
  return status !== undefined && (status === 429 || status >= 500);
}

function closedByOwner(): ConnectionError {
  return new ConnectionError('closed', 'this connection was closed by its owner');
}
