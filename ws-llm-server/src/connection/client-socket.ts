/** The socket as a connection sees it, without its library. A connection can be fed from anywhere that has this. */
export interface ClientSocket {
  /** Sends one text frame; nothing happens once the socket is closed. */
  send(text: string): void;
  /** Bytes that were sent and that the client has not taken yet. */
  readonly waitingBytes: number;
  /** Called when the client has taken some of them. Its user sets it. */
  onTaken: (() => void) | undefined;
  /** Closes with a code and a reason, which is cut to what fits. */
  close(code: number, reason: string): void;
  /** Something failed by a fault of this server: logs it, and closes this socket with 1011. */
  fail(error: unknown): void;
}

/**
 * `act` for whoever calls it from outside the connection: a timer, a socket, a backend. What it throws costs
 * this connection, and never reaches the caller, where nothing would catch it.
 */
export function guarded<Args extends unknown[]>(
  socket: Pick<ClientSocket, 'fail'>,
  act: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      act(...args);
    } catch (error) {
      socket.fail(error);
    }
  };
}

/** One connected client, whichever dialect it speaks. */
export interface ClientConnection {
  /** One frame from the client. */
  receive(text: string): void;
  /** Who answers, or what with, has changed. */
  changed(): void;
  /** Something that was not known of a model may be known now. */
  learnt(): void;
  /** The server stops: refuses what is new, and closes with 1001 as soon as nothing is open. */
  drain(graceMs: number): void;
  /** Ends every request now; their last frames go out where the socket still takes them. */
  end(): void;
}
