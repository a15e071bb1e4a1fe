/**
 * Sockets to a plain server: one per reply, never used twice, because such a server appends all that it is sent; the next one opened ahead.
 * Knows nothing of v1 and nothing of what is asked.
 */
import { Connection, type Channel, type ConnectionOptions } from '@ws-llm/client';
import { openConnection } from './open-connection.ts';
import { within, type WithinOptions } from './within.ts';

export class PlainSockets {
  readonly #options: ConnectionOptions;
  #ahead: Connection | undefined;
  readonly #inUse = new Map<Channel, Connection>();

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
    // Taken before waiting, so that two who wait never get the same one.
    const connection = this.#ahead ?? new Connection(this.#options);
    this.#ahead = undefined;
    try {
      const channel = await within(openConnection(connection), options);
      if (channel !== undefined) return this.#lend(connection, channel);
    } catch (error) {
      connection.close();
      throw error;
    }
    connection.close();
    return undefined;
  }

  /** Makes sure that one is open, or being opened, for the next reply. Rejects where that fails now; it goes on trying behind. */
  async openAhead(): Promise<void> {
    this.#ahead ??= new Connection(this.#options);
    await openConnection(this.#ahead);
  }

  /** The reply on `channel` has ended: it is closed. */
  release(channel: Channel): void {
    this.#inUse.get(channel)?.close();
    this.#inUse.delete(channel);
  }

  close(): void {
    this.#ahead?.close();
    for (const connection of this.#inUse.values()) connection.close();
    this.#inUse.clear();
  }

  #lend(connection: Connection, channel: Channel): Channel {
    this.#inUse.set(channel, connection);
    this.openAhead().catch(() => {
      // It goes on trying by itself, and who needs it next is told.
    });
    return channel;
  }
}
