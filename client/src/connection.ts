/**
 * Keeps one channel to a server open: dials again when it is lost, and ahead when the server says that it closes.
 * Knows nothing of what is asked; whatever ran on a lost channel has ended with it, and nothing is sent twice.
 */
import { CloseCode, isRetryableClose } from '@ws-llm/protocol';
import type { Channel, ChannelEvents, Dialect } from './channel.ts';
import { type Closed, describeClosed } from './closed.ts';
import { ConnectionError } from './connection-error.ts';
import type { ConnectionOptions, ConnectionState } from './connection-options.ts';
import { Dialer } from './dialer.ts';
import { PlainChannel } from './plain-channel.ts';
import { V1Channel } from './v1-channel.ts';
import type { WebSocketLike } from './web-socket.ts';

type OwnChannel = V1Channel | PlainChannel;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #dialer: Dialer;
  /** The newest channel, as a state. */
  #open: { type: 'open'; channel: OwnChannel } | undefined;
  #openedAtMs = 0;
  /** The newest channel, and those before it on which something still runs. */
  readonly #living = new Set<OwnChannel>();
  #told: ConnectionState;
  #lastId = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#dialer = new Dialer(options, {
      adopt: (socket, dialect) => this.#adopt(socket, dialect),
      changed: () => this.#changed(),
    });
    this.#told = this.state;
  }

  get state(): ConnectionState {
    return this.#open ?? this.#dialer.state;
  }

  /** A channel that takes requests, if there is one now. */
  get channel(): Channel | undefined {
    const channel = this.#open?.channel;
    // A channel ends its replies before it tells its owner; whoever asks in between must not get the dead one.
    return channel?.open === true && !channel.closing ? channel : undefined;
  }

  /**
   * A channel that takes requests; dials where there is none, without waiting for the pause to end.
   * @throws ConnectionError when this attempt fails; further ones may go on behind.
   */
  open(): Promise<Channel> {
    const { channel } = this;
    return channel === undefined ? this.#dialer.dial() : Promise.resolve(channel);
  }

  /** Closes for good; open replies end as `lost`. */
  close(): void {
    this.#open = undefined;
    try {
      this.#dialer.close();
    } finally {
      // Also where a listener of the state has thrown.
      for (const channel of this.#living) channel.close();
    }
  }

  #adopt(socket: WebSocketLike, dialect: Dialect): Channel {
    const options = { events: this.#eventsOf(() => channel), nextId: () => `r${++this.#lastId}` };
    const channel: OwnChannel =
      dialect === 'v1' ? new V1Channel(socket, options) : new PlainChannel(socket, options);
    if (dialect === 'plain') this.#dialer.welcomed();
    const before = this.#open?.channel;
    this.#open = { type: 'open', channel };
    this.#openedAtMs = Date.now();
    this.#living.add(channel);
    this.#changed();
    if (before?.dialect === 'v1') before.closeOnceIdle();
    return channel;
  }

  #eventsOf(self: () => OwnChannel): ChannelEvents {
    const { events = {} } = this.#options;
    const isNewest = (): boolean => this.#open?.channel === self();
    return {
      ...events,
      ready: (frame) => {
        if (!isNewest()) return;
        // Only now is it sure that the server wants us: one that accepts and then closes must not be dialled in a hurry.
        if (!self().closing) this.#dialer.welcomed();
        events.ready?.(frame);
      },
      closing: (frame) => {
        if (!isNewest()) return;
        this.#dialAhead();
        events.closing?.(frame);
      },
      closed: (closed) => this.#lost(self(), closed),
    };
  }

  #dialAhead(): void {
    const ageMs = Date.now() - this.#openedAtMs;
    if (ageMs >= this.#dialer.maxPauseMs) return this.#dialer.dialAhead();
    // A server that takes in and sends away again, over and over, must not be dialled in a hurry either.
    this.#dialer.redial(new ConnectionError('unreachable', `${this.#options.url} closes`));
  }

  #lost(channel: OwnChannel, closed: Closed): void {
    this.#living.delete(channel);
    if (this.#open?.channel !== channel) return;
    const message = `${this.#options.url} closed the connection (${describeClosed(closed)})`;
    const retryable = isRetryableClose(closed.code) || closed.code === CloseCode.normal;
    const reason = retryable ? 'unreachable' : 'refused';
    this.#dialer.redial(new ConnectionError(reason, message, { closeCode: closed.code }));
  }

  #changed(): void {
    // While the next channel is dialled, one that has closed stands for it: its owner need not hear of a moment without.
    if (this.#open?.channel.open === false && this.#dialer.state.type !== 'connecting')
      this.#open = undefined;
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    this.#options.onState?.(state);
  }
}
