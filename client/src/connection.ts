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
    return this.#state.type === 'open' ? this.#state.channel : undefined;
  }

  /**
   * The open channel; dials where there is none, without waiting for the pause to end.
   * @throws ConnectionError when this attempt fails; further ones may go on behind.
   */
  open(): Promise<Channel> {
    const { channel } = this;
    if (channel !== undefined) return Promise.resolve(channel);
    if (this.#state.type === 'closed') {
      return Promise.reject(new ConnectionError('closed', 'this connection was closed by its owner'));
    }
    this.#dialing ??= this.#dial().finally(() => {
      this.#dialing = undefined;
    });
    return this.#dialing;
  }

  /** Closes for good; open replies end as `lost`. */
  close(): void {
    const { channel } = this;
    this.#stopWaiting?.();
    this.#enter({ type: 'closed' });
    channel?.close();
  }

  async #dial(): Promise<Channel> {
    const { url, open, connectTimeoutMs: timeoutMs = 10_000 } = this.#options;
    this.#stopWaiting?.();
    this.#enter({ type: 'connecting' });
    try {
      return await dial({ url, open, timeoutMs, dialect: this.#dialect }, (socket, dialect) =>
        this.#adopt(socket, dialect),
      );
    } catch (error) {
      const failure =
        error instanceof ConnectionError ? error : new ConnectionError('unreachable', String(error));
      if (this.#state.type !== 'closed') this.#failed(failure);
      throw failure;
    }
  }

  #adopt(socket: WebSocketLike, dialect: Dialect): Channel {
    if (this.#state.type === 'closed') {
      socket.close(1000);
      throw new ConnectionError('closed', 'this connection was closed by its owner');
    }
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
    if (error.reason === 'refused') return this.#enter({ type: 'refused', error });
    if (this.#options.reconnect === false) return this.#enter({ type: 'idle' });
    const retryInMs = this.#backOff.next();
    this.#enter({ type: 'waiting', retryInMs, error });
    this.#stopWaiting = startTimer(retryInMs, () => {
      this.open().catch(() => {
        // The state has told; the next attempt is already planned.
      });
    });
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
