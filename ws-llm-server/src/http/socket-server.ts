/**
 * Upgrades to WebSocket: admission, dialect by subprotocol, liveness. Makes a connection of each socket and feeds it.
 * The only place that knows `ws`.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, closeReason, type Limits, SUBPROTOCOL } from '@ws-llm/protocol';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { ClientConnection, ClientSocket } from '../connection/client-socket.ts';
import type { Role } from '../connection/connection-context.ts';
import type { Logger } from '../logger.ts';
import { admit, type AdmissionPolicy } from './admission.ts';
import { Liveness } from './liveness.ts';

export interface SocketServerOptions {
  policy: AdmissionPolicy;
  limits: Limits;
  logger: Logger;
  connect: (socket: ClientSocket, client: { dialect: 'v1' | 'plain'; role: Role }) => ClientConnection;
}

/** How long a closing handshake may take before the socket is cut. */
const closeGraceMs = 1_000;

export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: WebSocketServer;
  readonly #liveness: Liveness;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.limits.frame_bytes,
      // Measured 40 times slower on deltas.
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#liveness = new Liveness({
      pingIntervalMs: options.limits.ping_interval_ms,
      silenceMs: options.limits.silence_ms,
      silent: (socket) => close(socket, CloseCode.fault, 'silent for too long'),
    });
  }

  /** Sockets that are open now. */
  get size(): number {
    return this.#server.clients.size;
  }

  /** Takes over an upgrade of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, origin } = request.headers;
    const admission = admit({ host, origin }, this.#options.policy);
    if (admission.outcome === 'refused' && admission.because === 'host') {
      return refuseUpgrade(socket, admission.message);
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      // A page cannot see the status of a refused upgrade, so it is told by a close code.
      if (admission.outcome === 'refused') return close(client, CloseCode.originRefused, admission.message);
      if (client.protocol === '' && request.headers['sec-websocket-protocol'] !== undefined) {
        return close(client, CloseCode.subprotocolRefused, `offer ${SUBPROTOCOL}, or no subprotocol`);
      }
      this.#accept(client, admission.role);
    });
  }

  /** Closes every socket with 1001 and resolves when all are gone. */
  async close(): Promise<void> {
    this.#liveness.stop();
    const gone = [...this.#server.clients].map(
      (client) => new Promise<void>((resolve) => client.once('close', () => resolve())),
    );
    for (const client of this.#server.clients) close(client, CloseCode.goingAway, 'the server stops');
    await Promise.all(gone);
    this.#server.close();
  }

  #accept(client: WebSocket, role: Role): void {
    const { connect, limits, logger } = this.#options;
    const dialect = client.protocol === SUBPROTOCOL ? 'v1' : 'plain';
    const connection = connect(clientSocket(client, limits.buffered_bytes), { dialect, role });
    this.#liveness.watch(client);
    client.on('message', (data, isBinary) => {
      const bytes = toBuffer(data);
      // `ws` has checked text itself.
      if (isBinary && !isUtf8(bytes)) return close(client, CloseCode.notUtf8, 'frames are UTF-8');
      connection.receive(bytes.toString('utf8'));
    });
    // `ws` closes with the fitting code by itself.
    client.on('error', (error) =>
      logger.info({ reason: error.message }, 'client broke the WebSocket protocol'),
    );
    client.once('close', () => connection.ended());
  }
}

function clientSocket(client: WebSocket, maxBufferedBytes: number): ClientSocket {
  return {
    send(text) {
      if (client.readyState !== client.OPEN) return;
      client.send(text);
      // A model is never paused for a reader; one that does not read is let go before it costs memory.
      if (client.bufferedAmount > maxBufferedBytes) close(client, CloseCode.overloaded, 'reading too slowly');
    },
    close: (code, reason) => close(client, code, reason),
  };
}

function close(client: WebSocket, code: number, reason: string): void {
  client.close(code, closeReason(reason));
  const cut = setTimeout(() => client.terminate(), closeGraceMs);
  client.once('close', () => clearTimeout(cut));
}

function refuseUpgrade(socket: Duplex, message: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
