/** Why no connection came about. Replies that fail on an open connection end with a `ReplyEnd` instead. */

export type ConnectionErrorReason =
  /** Nobody answered, the network failed, or there was no token to show. */
  | 'unreachable'
  /** The handshake, or the token for it, took too long. */
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
  /** Whether it failed because the server speaks no v1: `refused` it did, `unknown` where the platform tells nothing. */
  readonly subprotocol: 'refused' | 'unknown' | undefined;

  constructor(
    reason: ConnectionErrorReason,
    message: string,
    details: Partial<Pick<ConnectionError, 'status' | 'closeCode' | 'subprotocol'>> = {},
  ) {
    super(message);
    this.reason = reason;
    this.status = details.status;
    this.closeCode = details.closeCode;
    this.subprotocol = details.subprotocol;
  }
}
