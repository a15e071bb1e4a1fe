/**
 * The WebSocket that this package is given: what `ws` and browsers have in common.
 * Nothing here opens one; the owner says how, so that it can add headers where its platform allows them.
 */

/** The part of a WebSocket that is used here. */
export interface WebSocketLike {
  readonly protocol: string;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  /** Browsers tell nothing in `message`; `ws` does. */
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void;
  /** Only `ws` has it: drops the connection without a closing handshake. */
  terminate?(): void;
}

/** Opens a socket; an empty list of protocols offers none. May throw for an address that is none. */
export type OpenWebSocket = (url: string, protocols: string[]) => WebSocketLike;
