/**
 * Opens one `ws` socket for the connection: headers in, compression off, and never a reason for Node to stay alive.
 * Knows nothing of frames.
 */
import type { OpenWebSocket } from '@ws-llm/client';
import { WebSocket, type ClientOptions } from 'ws';

/** A peer that does not answer a closing handshake is cut after this. */
const closeTimeoutMs = 2_000;

/** @param own sent with every handshake, besides the credentials that the connection gives */
export function createOpenWebSocket(own: Readonly<Record<string, string>>): OpenWebSocket {
  return (url, protocols, credentials) => {
    // `closeTimeout` is an option of ws since 8.19 that its types do not know yet.
    const options: ClientOptions & { closeTimeout: number } = {
      headers: { ...own, ...credentials },
      // Measured: it costs far more than it saves on frames of a few dozen bytes.
      perMessageDeflate: false,
      closeTimeout: closeTimeoutMs,
      // A kept socket must not keep a finished program running, and `ws` keeps its TCP socket private. The HTTP request of the
      // handshake hands out the same socket by a public event, early enough to cover a handshake that hangs. Whoever waits for
      // something on this socket holds a timer of its own that does keep Node alive.
      finishRequest: (request) => {
        request.once('socket', (socket) => socket.unref());
        request.end();
      },
    };
    return new WebSocket(url, protocols, options);
  };
}
