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
} from '@ws-llm/client';
import type { ReadyFrame } from '@ws-llm/protocol';
import { createOpenWebSocket } from './open-web-socket.ts';
import { PlainSockets } from './plain-sockets.ts';
import { within, type WithinOptions } from './within.ts';

export interface SocketOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
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

interface ReadyWaiter {
  resolve(ready: ReadyFrame): void;
  reject(error: ConnectionError): void;
}

export class Socket {
  readonly #options: SocketOptions;
  #way: Way;
  #ready: ReadyFrame | undefined;
  readonly #readyWaiters = new Set<ReadyWaiter>();

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

  /** A channel to send on now, if there is one. Give it back with `release`. */
  take(): Channel | undefined {
    const way = this.#way;
    if (way.type === 'closed') return undefined;
    return way.type === 'kept' ? way.connection.channel : way.sockets.take();
  }

  /**
   * A channel to send on; undefined where the signal aborts first. Give it back with `release`.
   * @throws ConnectionError
   */
  async open(options: OpenOptions): Promise<Channel | undefined> {
    const way = this.#way;
    if (way.type === 'closed') throw closedByOwner();
    if (way.type === 'plain') return way.sockets.open(this.#limited(options));
    const channel = await within(way.connection.open(), this.#limited(options));
    return channel?.dialect === 'plain' ? this.open(options) : channel;
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
      await within(way.sockets.openAhead(), this.#limited(options));
      return undefined;
    }
    return within(this.#openReady(way.connection), this.#limited(options));
  }

  /** Starts to open what the next reply needs, and waits for nothing: `onState` tells how it went. */
  warm(): void {
    const way = this.#way;
    if (way.type === 'closed') return;
    const opening: Promise<unknown> = way.type === 'kept' ? way.connection.open() : way.sockets.openAhead();
    opening.catch(() => {
      // Told by `onState`; it goes on trying behind.
    });
  }

  /** Closes everything for good; replies on it end as lost. */
  close(): void {
    const way = this.#way;
    this.#way = { type: 'closed' };
    if (way.type === 'kept') way.connection.close();
    if (way.type === 'plain') way.sockets.close();
    this.#refuseReady(closedByOwner());
  }

  async #openReady(connection: Connection): Promise<ReadyFrame | undefined> {
    const channel = await connection.open();
    if (channel.dialect === 'plain') return undefined;
    return channel.ready ?? new Promise((resolve, reject) => this.#readyWaiters.add({ resolve, reject }));
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
        this.#refuseReady(state.error);
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
    for (const waiter of this.#readyWaiters) waiter.resolve(ready);
    this.#readyWaiters.clear();
  }

  #refuseReady(error: ConnectionError): void {
    for (const waiter of this.#readyWaiters) waiter.reject(error);
    this.#readyWaiters.clear();
  }

  #connectionOptions(): ConnectionOptions {
    const { url, headers, connectTimeoutMs } = this.#options;
    return { url, connectTimeoutMs, open: createOpenWebSocket(headers) };
  }

  #limited({ timeoutMs, signal }: OpenOptions): WithinOptions {
    const { url } = this.#options;
    const late = (): Error => new ConnectionError('timeout', `${url} did not answer within ${timeoutMs} ms`);
    return { timeoutMs, late, ...(signal !== undefined && { signal }) };
  }
}

function closedByOwner(): ConnectionError {
  return new ConnectionError('closed', 'this LLM was closed; make a new one');
}
