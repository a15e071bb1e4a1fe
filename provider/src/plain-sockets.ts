/**
 * Sockets to a plain server: one per reply, never used twice, because such a server appends all that it is sent; the next one opened ahead.
 * Knows nothing of v1 and nothing of what is asked.
 */
import { Connection, type Channel, type ConnectionOptions } from '@ws-llm/client';
import { closedByOwner, openConnection, requireOpen } from './open-connection.ts';
import { within, type WithinOptions } from './within.ts';

export class PlainSockets {
  readonly #options: ConnectionOptions;
  #ahead: Connection | undefined;
  /**
   * Each is dialled for one reply. Known here, so that `close()` reaches those that are still
   * opening.
   */
  readonly #opening = new Set<Connection>();
  readonly #inUse = new Map<Channel, Connection>();
  #isClosed = false;

  /** @param ahead a plain connection on which nothing was said yet */
  constructor(options: ConnectionOptions, ahead: Connection) {
    this.#options = { ...options, dialect: 'plain' };
    this.#ahead = ahead;
  }

  /** An open channel for one reply, if one was opened ahead. */
  take(): Channel | undefined {
    const ahead = this.#ahead;
    const channel = ahead?.channel;
    if (ahead === undefined || channel === undefined) return undefined;
    this.#ahead = undefined;
    return this.#lend(ahead, channel);
  }

  /**
   * A channel for one reply, opened now where none was opened ahead; undefined where the signal aborts first.
   * @throws ConnectionError, and what `late` makes
   */
  async open(options: WithinOptions): Promise<Channel | undefined> {
    if (this.#isClosed) throw closedByOwner();
    // Taken before waiting, so that two callers never get the same one.
    const connection = this.#ahead ?? new Connection(this.#options);
    this.#ahead = undefined;
    this.#opening.add(connection);
    let channel: Channel | undefined;
    try {
      channel = await within(() => openConnection(connection), options);
      // It may have been closed, from either side, between the handshake and this line.
      if (channel !== undefined) requireOpen(channel, connection);
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      this.#opening.delete(connection);
    }
    if (channel !== undefined) return this.#lend(connection, channel);
    connection.close();
    return undefined;
  }

  /**
   * Makes sure that one is open, or being opened, for the next reply. Further attempts go on
   * behind.
   * @throws ConnectionError where this attempt fails
   */
  async openAhead(): Promise<void> {
    if (this.#isClosed) throw closedByOwner();
    this.#ahead ??= new Connection(this.#options);
    await openConnection(this.#ahead);
  }

  /** The reply on `channel` has ended: it is closed. */
  release(channel: Channel): void {
    this.#inUse.get(channel)?.close();
    this.#inUse.delete(channel);
  }

  /** Closes every connection, those included that are still opening; none is opened from now on. */
  close(): void {
    this.#isClosed = true;
    this.#ahead?.close();
    for (const connection of this.#opening) connection.close();
    for (const connection of this.#inUse.values()) connection.close();
    this.#inUse.clear();
  }

  #lend(connection: Connection, channel: Channel): Channel {
    this.#inUse.set(channel, connection);
    this.openAhead().catch(() => {
      // The dial is retried in the background; a failure rejects the next reply.
    });
    return channel;
  }
}
