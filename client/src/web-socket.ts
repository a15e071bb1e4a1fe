/**
 * The WebSocket that this package is given: what `ws` and browsers have in common.
 * Nothing here opens one; the owner says how, so that it can add headers where its platform allows them.
 */

/** The part of a WebSocket that is used here. */
export interface WebSocketLike {
  readonly protocol: string;
  /** 1 while both sides may send; where it is absent, `close` is what tells. */
  readonly readyState?: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  /** Browsers tell nothing in `message`; `ws` does. */
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void;
  /** Only `ws` has it: tells of the pings of the socket itself, which it answers. */
  on?(type: 'ping', listener: () => void): unknown;
  /** Only `ws` has it: drops the connection without a closing handshake. */
  terminate?(): void;
}

/**
 * Opens a socket; an empty list of protocols offers none. May throw for an address that is none. `headers` are for the handshake, and
 * empty unless a token was to go there (`ConnectionOptions.tokenIn`).
 */
export type OpenWebSocket = (
  url: string,
  protocols: string[],
  headers: Readonly<Record<string, string>>,
) => WebSocketLike;

/** Whether both sides may still send; a socket that has begun to close may take long to say so. */
export function isOpen({ readyState = 1 }: WebSocketLike): boolean {
  return readyState === 1;
}
