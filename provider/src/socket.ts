/**
 * The way to the server: on v1 one socket, kept open, for all replies at once; on plain whatever `PlainSockets` has. Which one it is turns
 * out with the first handshake, and holds from then on. Knows nothing of LiveKit.
 */
import {
  Connection,
  ConnectionError,
  type Channel,
  type ConnectionOptions,
  type ConnectionState,
  type Token,
} from '@ws-llm/client';
import type { ReadyFrame } from '@ws-llm/protocol';
import { createOpenWebSocket } from './open-web-socket.ts';
import { closedByOwner, openConnection, requireOpen } from './open-connection.ts';
import { PlainSockets } from './plain-sockets.ts';
import { ReadyWaiters } from './ready-waiters.ts';
import { within, type WithinOptions } from './within.ts';

export interface SocketOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  token: Token | undefined;
  connectTimeoutMs: number;
  /** Told of every change of the kept connection. */
  onState: (state: ConnectionState) => void;
  /** Something arrived that is not part of the protocol. */
  onUnexpected: (message: string) => void;
}

export interface OpenOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

type Way =
  | { type: 'kept'; connection: Connection }
  | { type: 'plain'; sockets: PlainSockets }
  | { type: 'closed' };

export class Socket {
  readonly #options: SocketOptions;
  #way: Way;
  #ready: ReadyFrame | undefined;
  readonly #waiters = new ReadyWaiters();
  /** Aborts when the owner closes: ends what waits without a time limit. */
  readonly #closed = new AbortController();

  constructor(options: SocketOptions) {
    this.#options = options;
    const connection = new Connection({
      ...this.#connectionOptions(),
      onState: (state) => this.#changed(connection, state),
      events: { ready: (ready) => this.#tellReady(ready), unexpected: options.onUnexpected },
    });
    this.#way = { type: 'kept', connection };
  }

  /** The server's latest `ready`, also after its socket was lost; undefined before the first, and on plain. */
  get ready(): ReadyFrame | undefined {
    return this.#ready;
  }

  /** How many callers wait for `ready`. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** A channel to send on now, if there is one; on v1 its `ready` has arrived. Give it back with `release`. */
  take(): Channel | undefined {
    const way = this.#way;
    if (way.type === 'closed') return undefined;
    if (way.type === 'plain') return way.sockets.take();
    const { channel } = way.connection;
    return channel?.ready === undefined ? undefined : channel;
  }

  /**
   * A channel to send on; on v1 its `ready` has arrived. Undefined where the signal aborts first. Give it back with `release`.
   * @throws ConnectionError
   */
  async open(options: OpenOptions): Promise<Channel | undefined> {
    const way = this.#way;
    if (way.type === 'closed') throw closedByOwner();
    if (way.type === 'plain') return way.sockets.open(this.#limited(options));
    const startedAt = performance.now();
    const channel = await within((over) => this.#openReady(way.connection, over), this.#limited(options));
    if (channel?.dialect !== 'plain') return channel;
    // The server turned out to be plain. What is left of the time is for the socket that the reply
    // needs.
    const leftMs = options.timeoutMs - (performance.now() - startedAt);
    return this.open({ ...options, timeoutMs: Math.max(1, leftMs) });
  }

  /** The reply on `channel` has ended. */
  release(channel: Channel): void {
    if (this.#way.type === 'plain') this.#way.sockets.release(channel);
  }

  /**
   * Opens what the next reply needs, and tells who is there; undefined on plain, which does not say, and where the signal aborts first.
   * @throws ConnectionError
   */
  async openAhead(options: OpenOptions): Promise<ReadyFrame | undefined> {
    const way = this.#way;
    if (way.type === 'closed') throw closedByOwner();
    if (way.type === 'plain') {
      await within(() => way.sockets.openAhead(), this.#limited(options));
      return undefined;
    }
    const channel = await within((over) => this.#openReady(way.connection, over), this.#limited(options));
    return channel?.ready;
  }

  /**
   * Starts to open what the next reply needs, has the server get its model and its persona ready where it can, and waits for nothing:
   * `onState` tells how it went.
   */
  warm(): void {
    const way = this.#way;
    if (way.type === 'closed') return;
    const warming = way.type === 'kept' ? this.#warm(way.connection) : way.sockets.openAhead();
    warming.catch(() => {
      // Told by `onState`; it goes on trying behind.
    });
  }

  /** Closes everything for good; replies on it end as lost. */
  close(): void {
    const way = this.#way;
    this.#way = { type: 'closed' };
    this.#closed.abort();
    if (way.type === 'kept') way.connection.close();
    if (way.type === 'plain') way.sockets.close();
    this.#waiters.refuse(closedByOwner());
  }

  /**
   * A channel that is plain, or whose `ready` has arrived.
   * @param over aborted: the caller has stopped waiting
   * @throws ConnectionError
   */
  async #openReady(connection: Connection, over: AbortSignal): Promise<Channel> {
    for (;;) {
      const channel = await openConnection(connection);
      // One that begins to close says why only when it has closed, and the waiters are told then.
      if (connection.state.type !== 'open') requireOpen(channel, connection);
      else if (channel.open && (channel.dialect === 'plain' || channel.ready !== undefined)) return channel;
      await this.#waiters.wait(over);
      if (over.aborted) throw closedByOwner();
    }
  }

  async #warm(connection: Connection): Promise<void> {
    const channel = await this.#openReady(connection, this.#closed.signal);
    channel.warm({ mirror: { keep: 0 }, messages: [] });
  }

  #changed(connection: Connection, state: ConnectionState): void {
    switch (state.type) {
      case 'open':
        if (state.channel.dialect === 'plain' && this.#way.type === 'kept') {
          this.#way = { type: 'plain', sockets: new PlainSockets(this.#connectionOptions(), connection) };
        }
        break;
      case 'waiting':
      case 'refused':
        this.#waiters.refuse(state.error);
        break;
      case 'idle':
      case 'connecting':
      case 'closed':
        break;
    }
    this.#options.onState(state);
  }

  #tellReady(ready: ReadyFrame): void {
    this.#ready = ready;
    this.#waiters.tell();
  }

  #connectionOptions(): ConnectionOptions {
    const { url, headers, token, connectTimeoutMs } = this.#options;
    return {
      url,
      connectTimeoutMs,
      open: createOpenWebSocket(headers),
      tokenIn: 'header',
      ...(token !== undefined && { token }),
    };
  }

  #limited({ timeoutMs, signal }: OpenOptions): WithinOptions {
    const { url } = this.#options;
    const late = (): Error => new ConnectionError('timeout', `${url} did not answer within ${timeoutMs} ms`);
    return { timeoutMs, late, ...(signal !== undefined && { signal }) };
  }
}
