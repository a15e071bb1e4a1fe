/**
 * Upgrades to WebSocket: admission, dialect by subprotocol, liveness. Makes a connection of each socket and feeds it.
 * Knows no connection from inside.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, type Limits, SUBPROTOCOL } from '@ws-llm/protocol';
import { type RawData, type Server, type WebSocket, WebSocketServer } from 'ws';
import type { ClientConnection, ClientSocket } from '../connection/client-socket.ts';
import type { Role } from '../connection/connection-context.ts';
import type { Logger } from '../logger.ts';
import { admit, type AdmissionPolicy } from './admission.ts';
import { closeSocket } from './close-socket.ts';
import { ClosingWebSocket } from './closing-web-socket.ts';
import { Liveness } from './liveness.ts';
import { OpenSocket } from './open-socket.ts';

export interface SocketServerOptions {
  policy: AdmissionPolicy;
  limits: Limits;
  logger: Logger;
  hasPersona: (name: string) => boolean;
  connect: (socket: ClientSocket, client: ConnectedClient) => ClientConnection;
}

export interface ConnectedClient {
  dialect: 'v1' | 'plain';
  role: Role;
  /** Whom its address asks for. */
  persona: string | undefined;
}

export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: Server<typeof ClosingWebSocket>;
  readonly #liveness: Liveness;
  readonly #connections = new Map<WebSocket, ClientConnection>();
  #closing = false;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.limits.frame_bytes,
      // Measured 40 times slower on deltas.
      perMessageDeflate: false,
      WebSocket: ClosingWebSocket,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#liveness = new Liveness({
      pingIntervalMs: options.limits.ping_interval_ms,
      silenceMs: options.limits.silence_ms,
      silent: (socket) => closeSocket(socket, CloseCode.fault, 'silent for too long'),
    });
  }

  /** Sockets that are open now. */
  get size(): number {
    return this.#server.clients.size;
  }

  /** Takes over an upgrade of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Who was connected already may ask only now, and nobody would wait for its end.
    if (this.#closing)
      return refuseUpgrade(socket, '503 Service Unavailable', 'The server is about to stop.');
    const { host, origin } = request.headers;
    const admission = admit({ host, origin }, this.#options.policy);
    if (admission.outcome === 'refused' && admission.because === 'host') {
      return refuseUpgrade(socket, '403 Forbidden', admission.message);
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      closeWithLine(client, socket);
      // A page cannot see the status of a refused upgrade, so it is told by a close code.
      if (admission.outcome === 'refused')
        return closeSocket(client, CloseCode.originRefused, admission.message);
      if (client.protocol === '' && request.headers['sec-websocket-protocol'] !== undefined) {
        return closeSocket(client, CloseCode.subprotocolRefused, `offer ${SUBPROTOCOL}, or no subprotocol`);
      }
      const persona = personaIn(request.url);
      if (persona !== undefined && !this.#options.hasPersona(persona)) {
        return closeSocket(client, CloseCode.noSuchPersona, 'there is no persona of that name');
      }
      this.#accept(client, { role: admission.role, persona });
    });
  }

  /** Who answers, or what with, has changed: every client is told. */
  changed(): void {
    for (const connection of this.#connections.values()) connection.changed();
  }

  /** Something that was not known of a model may be known now: clients whose `ready` said otherwise are told. */
  learnt(): void {
    for (const connection of this.#connections.values()) connection.learnt();
  }

  /** Takes no more; closes every socket with 1001, once it has nothing open or `graceMs` have passed; resolves when all are gone. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const clients = [...this.#server.clients];
    const gone = clients.map(
      (client) => new Promise<void>((resolve) => client.once('close', () => resolve())),
    );
    for (const connection of this.#connections.values()) connection.drain(graceMs);
    const cut = setTimeout(() => {
      // Each open request still gets its end.
      for (const connection of this.#connections.values()) connection.end();
      for (const client of clients) closeSocket(client, CloseCode.goingAway, 'the server stops');
    }, graceMs);
    await Promise.all(gone);
    clearTimeout(cut);
    this.#liveness.stop();
    this.#server.close();
  }

  #accept(client: ClosingWebSocket, asked: Omit<ConnectedClient, 'dialect'>): void {
    const { connect, logger } = this.#options;
    const dialect = client.protocol === SUBPROTOCOL ? 'v1' : 'plain';
    const socket = new OpenSocket(client);
    const connection = connect(socket, { ...asked, dialect });
    this.#connections.set(client, connection);
    // Requests must not run on while a closing handshake waits for a client that may never answer.
    const end = (): void => {
      if (this.#connections.delete(client)) connection.end();
    };
    client.onClosing = end;
    client.on('close', () => {
      this.#liveness.forget(client);
      end();
    });
    this.#liveness.watch(client);
    const heard = (): void => this.#liveness.heard(client);
    client.on('ping', heard);
    client.on('pong', heard);
    client.on('message', (data, isBinary) => {
      heard();
      // Frames still arrive while a closing handshake is under way.
      if (client.readyState !== client.OPEN) return;
      const bytes = toBuffer(data);
      // `ws` has checked text itself.
      if (isBinary && !isUtf8(bytes)) return socket.close(CloseCode.notUtf8, 'frames are UTF-8');
      try {
        connection.receive(bytes.toString('utf8'));
      } catch (error) {
        // One client's frame must not end the others' process.
        logger.error({ err: error }, 'a frame could not be handled by a fault of this server');
        socket.close(CloseCode.fault, 'a fault of this server');
      }
    });
    // `ws` closes with the fitting code by itself.
    client.on('error', (error) =>
      logger.info({ reason: error.message }, 'client broke the WebSocket protocol'),
    );
  }
}

/** Who says no more is gone; `ws` would wait until they have taken what is on its way, which they may never do. */
function closeWithLine(client: ClosingWebSocket, line: Duplex): void {
  // Here and not where the upgrade is at hand: a listener keeps all that its scope has, for as long as the socket is open.
  line.on('end', () => client.onClosing?.());
}

function refuseUpgrade(socket: Duplex, status: string, message: string): void {
  socket.on('error', () => socket.destroy());
  // The HTTP server has let go of it, so nobody else would end a line whose client keeps its half open.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}

/** An empty name asks for nobody. */
function personaIn(url = '/'): string | undefined {
  const base = 'ws://host';
  if (!URL.canParse(url, base)) return undefined;
  return new URL(url, base).searchParams.get('persona') || undefined;
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
