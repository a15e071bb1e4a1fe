/** Why no connection came about. Replies that fail on an open connection end with a `ReplyEnd` instead. */

export type ConnectionErrorReason =
  /** Nobody answered, or the network failed. */
  | 'unreachable'
  /** The handshake took too long. */
  | 'timeout'
  /** The server answered, and said no: see `status` or `closeCode`. */
  | 'refused'
  /** The owner closed it. */
  | 'closed';

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly reason: ConnectionErrorReason;
  /** HTTP status of a refused upgrade, where the platform tells. */
  readonly status: number | undefined;
  readonly closeCode: number | undefined;

  constructor(
    reason: ConnectionErrorReason,
    message: string,
    details: { status?: number | undefined; closeCode?: number | undefined } = {},
  ) {
    super(message);
    this.reason = reason;
    this.status = details.status;
    this.closeCode = details.closeCode;
  }
}
