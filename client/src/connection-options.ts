/** What a connection is told, and where it stands. Types only. */
import type { Channel, ChannelEvents, Dialect } from './channel.ts';
import type { ConnectionError } from './connection-error.ts';
import type { Token } from './credentials.ts';
import type { OpenWebSocket } from './web-socket.ts';

/** Where a connection stands. */
export type ConnectionState =
  /**
   * While the server closes, the channel is the old one until the next one is open, or it has turned out that there is none. To send,
   * ask for `Connection.channel`.
   */
  { type: 'open'; channel: Channel } | UnopenedState;

/** Where a connection stands that has no channel. */
export type UnopenedState =
  | { type: 'idle' }
  | { type: 'connecting' }
  /** Lost; the next attempt is made in `retryInMs` at the latest. */
  | { type: 'waiting'; retryInMs: number; error: ConnectionError }
  /** The server will not have us; only `open()` tries again. */
  | { type: 'refused'; error: ConnectionError }
  | { type: 'closed' };

/** What it takes to open a socket. */
export interface DialerOptions {
  /** It may choose a persona: `?persona=name`. */
  url: string;
  open: OpenWebSocket;
  /** Default `auto`. */
  dialect?: Dialect | 'auto';
  /**
   * Who we are; none by default. A function is asked anew for each attempt, for as long as a handshake may take; where it fails, the attempt
   * has failed.
   */
  token?: Token;
  /**
   * Where it travels. Default `subprotocol`, which every platform can and plain handshakes have no place for; `header` where `open` sends
   * the headers that it is given.
   */
  tokenIn?: 'subprotocol' | 'header';
  /** How long a handshake may take, in milliseconds. Default 10,000. */
  connectTimeoutMs?: number;
  /** Dial again by itself after a loss, and ahead when the server closes. Default true; otherwise only `open()` dials. */
  reconnect?: boolean;
  /** The first and the longest pause between attempts, in milliseconds. Default 250 and 10,000. */
  backOffMs?: { first: number; max: number };
}

export interface ConnectionOptions extends DialerOptions {
  /** Told of every change of state. */
  onState?: (state: ConnectionState) => void;
  /** What channels tell beyond replies. `ready` and `closing` are told of the newest one alone. */
  events?: Omit<ChannelEvents, 'closed'>;
}
