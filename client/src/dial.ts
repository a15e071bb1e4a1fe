/**
 * Opens one socket and finds out which dialect the server speaks.
 * Knows nothing of what is said on it; never tries again by itself, except to tell a plain server from one that is away.
 */
import { SUBPROTOCOL } from '@ws-llm/protocol';
import type { Dialect } from './channel.ts';
import { ConnectionError } from './connection-error.ts';
import type { Credentials } from './credentials.ts';
import { startTimer } from './timer.ts';
import type { OpenWebSocket, WebSocketLike } from './web-socket.ts';

export interface DialOptions {
  url: string;
  open: OpenWebSocket;
  /** `auto` offers v1 and falls back to plain where the server selects no subprotocol. */
  dialect: Dialect | 'auto';
  credentials: Credentials;
  /** How long one handshake may take, in milliseconds. */
  timeoutMs: number;
  /**
   * Is given, for each socket, the function that gives it up: it settles the handshake and closes
   * the socket.
   */
  onSocket: (giveUp: () => void) => void;
}

/**
 * Makes of an open socket what the caller wants. Called inside the socket's own `open` event: a server speaks first in v1, and its
 * first frame may be in the same packet as the handshake, so a listener added later would miss it.
 */
export type Adopt<T> = (socket: WebSocketLike, dialect: Dialect) => T;

/** @throws ConnectionError, and what `adopt` throws */
export async function dial<T>(options: DialOptions, adopt: Adopt<T>): Promise<T> {
  const { dialect } = options;
  if (dialect !== 'auto') return handshake(options, dialect, adopt);
  try {
    return await handshake(options, 'v1', adopt);
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.subprotocol === undefined) throw error;
    return await withoutSubprotocol(options, error, adopt);
  }
}

/**
 * `ws` says that the server selected no subprotocol. Browsers say nothing, neither then nor when the server is away; so where
 * plain works right after v1 did not, v1 is asked once more, and a server that just came back is not taken for a plain one.
 */
async function withoutSubprotocol<T>(
  options: DialOptions,
  refusal: ConnectionError,
  adopt: Adopt<T>,
): Promise<T> {
  let ended = false;
  // A plain server never speaks first, so this socket can wait; only its end would be missed.
  const plain = await handshake(options, 'plain', (socket) => {
    socket.addEventListener('close', () => (ended = true));
    return socket;
  });
  if (refusal.subprotocol === 'unknown') {
    try {
      const v1 = await handshake(options, 'v1', adopt);
      plain.close(1000);
      return v1;
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.subprotocol === undefined) {
        plain.close(1000);
        throw error;
      }
    }
  }
  if (ended) throw refusal;
  return adoptOrClose(plain, 'plain', adopt);
}

function handshake<T>(options: DialOptions, dialect: Dialect, adopt: Adopt<T>): Promise<T> {
  const { url, credentials, timeoutMs } = options;
  // A subprotocol of its own would make a plain handshake one of neither dialect.
  const protocols = dialect === 'v1' ? [SUBPROTOCOL, ...credentials.protocols] : [];
  return new Promise((resolve, reject) => {
    let socket: WebSocketLike;
    try {
      socket = options.open(url, protocols, credentials.headers);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return reject(new ConnectionError('refused', `${url}: ${message}`));
    }
    let failure: string | undefined;
    // First of all: a socket of `ws` without this listener ends the process when it fails.
    socket.addEventListener('error', (event) => {
      failure = event.message;
    });
    let settled = false;
    const settle = (outcome: () => void): void => {
      if (settled) return;
      settled = true;
      stopTimer();
      outcome();
    };
    const stopTimer = startTimer(timeoutMs, () => {
      settle(() => reject(new ConnectionError('timeout', `${url} did not answer within ${timeoutMs} ms`)));
      if (socket.terminate) socket.terminate();
      else socket.close();
    });
    socket.addEventListener('close', (event) => {
      settle(() => reject(explain(url, failure, event)));
    });
    socket.addEventListener('open', () => {
      // A platform may finish the handshake of a socket that was given up.
      if (settled) return socket.close(1000);
      settle(() => {
        try {
          resolve(adoptOrClose(socket, dialect, adopt));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    options.onSocket(() => {
      settle(() => reject(new ConnectionError('closed', `${url} was given up`)));
      socket.close();
    });
  });
}

/** @throws what `adopt` throws; the socket is closed then, because it has no owner */
function adoptOrClose<T>(socket: WebSocketLike, dialect: Dialect, adopt: Adopt<T>): T {
  try {
    return adopt(socket, dialect);
  } catch (error) {
    socket.close(1000);
    throw error;
  }
}

function explain(
  url: string,
  failure: string | undefined,
  event: { code: number; reason: string },
): ConnectionError {
  const status = /Unexpected server response: (\d{3})/.exec(failure ?? '')?.[1];
  if (status !== undefined) {
    return new ConnectionError('refused', `${url} answered HTTP ${status}`, { status: Number(status) });
  }
  const closeCode = event.code;
  if (failure === undefined || failure === '') {
    const message = `${url}: the WebSocket could not be opened`;
    return new ConnectionError('unreachable', message, { closeCode, subprotocol: 'unknown' });
  }
  // In the words of `ws`, which has no code for it.
  const subprotocol = failure === 'Server sent no subprotocol' ? 'refused' : undefined;
  return new ConnectionError('unreachable', `${url}: ${failure}`, { closeCode, subprotocol });
}
