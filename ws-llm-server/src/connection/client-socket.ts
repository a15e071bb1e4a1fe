/** The socket as a connection sees it: four verbs, no library. A connection can be fed from anywhere that has them. */
export interface ClientSocket {
  /** Sends one text frame; nothing happens once the socket is closed. */
  send(text: string): void;
  /** Closes with a code and a reason, which is cut to what fits. */
  close(code: number, reason: string): void;
}

/** One connected client, whichever dialect it speaks. */
export interface ClientConnection {
  /** One frame from the client. */
  receive(text: string): void;
  /** The socket is gone: ends every request. */
  ended(): void;
}
