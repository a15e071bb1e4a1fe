/**
 * Upgrades to WebSocket: admission, budget, dialect by subprotocol, liveness. Makes a connection of each
 * socket and feeds it. Knows no connection from inside.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, type Limits, SUBPROTOCOL } from '@ws-llm/protocol';
import { type RawData, type Server, WebSocketServer } from 'ws';
import type { Budgets, Holding } from '../access/budgets.ts';
import type { Role } from '../access/role.ts';
import { type ClientConnection, type ClientSocket, guarded } from '../connection/client-socket.ts';
import type { Logger } from '../logger.ts';
import { detailsOf } from '../thrown.ts';
import { admit, type AdmissionPolicy } from './admission.ts';
import { ClientWebSocket } from './client-web-socket.ts';
import { FrameQueue } from './frame-queue.ts';
import { InSlices } from './in-slices.ts';
import { Liveness } from './liveness.ts';
import { ReadTurns } from './read-turns.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

export interface SocketServerOptions {
  policy: AdmissionPolicy;
  limits: Limits;
  budgets: Budgets;
  logger: Logger;
  hasPersona: (name: string) => boolean;
  connect: (socket: ClientSocket, client: ConnectedClient) => ClientConnection;
}

export interface ConnectedClient {
  dialect: 'v1' | 'plain';
  role: Role;
  /** The persona that its address names. */
  persona: string | undefined;
  /** What it holds of what all clients share. */
  holding: Holding;
}

/** A message in more pieces is not a client's way of sending, but of filling the memory. */
const leastPieces = 4_096;
const bytesPerPiece = 256;

export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: Server<typeof ClientWebSocket>;
  readonly #liveness: Liveness;
  readonly #connections = new Map<ClientWebSocket, ClientConnection>();
  readonly #changes = new InSlices<ClientConnection>();
  readonly #news = new InSlices<ClientConnection>();
  readonly #frames = new FrameQueue();
  readonly #reads = new ReadTurns();
  #closing = false;

  constructor(options: SocketServerOptions) {
    const {
      frame_bytes: frameBytes,
      ping_interval_ms: pingIntervalMs,
      silence_ms: silenceMs,
    } = options.limits;
    const mostPieces = Math.max(leastPieces, Math.ceil(frameBytes / bytesPerPiece));
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: frameBytes,
      maxBufferedChunks: mostPieces,
      maxFragments: mostPieces,
      // Its own pongs have no bound that a client could keep to; ours are one at a time.
      autoPong: false,
      // Measured 40 times slower on deltas.
      perMessageDeflate: false,
      WebSocket: ClientWebSocket,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#liveness = new Liveness({
      pingIntervalMs,
      silenceMs,
      onSilent: (socket) => socket.close(CloseCode.fault, 'silent for too long'),
    });
  }

  /** Sockets that are open now. */
  get size(): number {
    return this.#server.clients.size;
  }

  /** Takes over an upgrade to WebSocket of the HTTP server. */
  upgrade(request: IncomingMessage, line: Duplex, head: Buffer): void {
    const { budgets, policy, hasPersona } = this.#options;
    // Who was connected already may ask only now, and nobody would wait for its end.
    if (this.#closing) return refuseUpgrade(line, '503 Service Unavailable', 'The server is about to stop.');
    const { host, origin } = request.headers;
    const admission = admit({ host, origin }, policy);
    if (admission.outcome === 'refused' && admission.because === 'host') {
      return refuseUpgrade(line, '403 Forbidden', admission.message);
    }
    const role = admission.outcome === 'admitted' ? admission.role : 'guest';
    const holding = budgets.connect(role, request.socket.remoteAddress ?? '');
    if (holding === undefined) {
      const message = 'Too many connections are open. Try again in a while.';
      return refuseUpgrade(line, '503 Service Unavailable', message);
    }
    line.once('close', () => holding.release());
    this.#server.handleUpgrade(request, line, head, (client) => {
      client.listen(line);
      client.onIncomplete = countIncomplete(client, holding);
      client.onLarge = (read) => this.#reads.add(read);
      // A page cannot see the status of a refused upgrade, so it is told by a close code.
      if (admission.outcome === 'refused') return client.close(CloseCode.originRefused, admission.message);
      if (client.protocol === '' && request.headers['sec-websocket-protocol'] !== undefined) {
        return client.close(CloseCode.subprotocolRefused, `offer ${SUBPROTOCOL}, or no subprotocol`);
      }
      const persona = personaIn(request.url);
      if (persona !== undefined && !hasPersona(persona)) {
        return client.close(CloseCode.noSuchPersona, 'there is no persona of that name');
      }
      this.#accept(client, { role, persona, holding });
    });
  }

  /** Personas have changed: every client is told. */
  changed(): void {
    void this.#changes.run(this.#connections.values(), (connection) => connection.changed());
  }

  /** A request revealed something about a model: clients whose `ready` said otherwise are told. */
  learnt(): void {
    void this.#news.run(this.#connections.values(), (connection) => connection.learnt());
  }

  /**
   * Takes no more; closes every socket with 1001, once it has nothing open or `graceMs` have passed; resolves
   * when all are gone.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#changes.stop();
    this.#news.stop();
    const clients = [...this.#server.clients];
    const gone = clients.map(
      (client) => new Promise<void>((resolve) => client.once('close', () => resolve())),
    );
    const draining = new InSlices<ClientConnection>();
    const cutting = new InSlices<ClientWebSocket>();
    void draining.run(this.#connections.values(), (connection) => connection.drain(graceMs));
    const cut = setTimeout(() => {
      draining.stop();
      void cutting.run(clients, (client) => {
        // Each open request still gets its end.
        guarded(client, () => this.#connections.get(client)?.end())();
        client.close(CloseCode.goingAway, 'the server stops');
      });
    }, graceMs);
    await Promise.all(gone);
    clearTimeout(cut);
    draining.stop();
    cutting.stop();
    this.#liveness.stop();
    this.#frames.stop();
    this.#reads.stop();
    this.#server.close();
  }

  #accept(client: ClientWebSocket, asked: Omit<ConnectedClient, 'dialect'>): void {
    const { connect, logger } = this.#options;
    client.onFailure = (error) => {
      client.close(CloseCode.fault, 'a fault of this server');
      logger.error({ err: detailsOf(error) }, 'a connection failed by a fault of this server');
    };
    client.onBroken = (error) =>
      logger.info({ reason: error.message }, 'client broke the WebSocket protocol');
    try {
      const dialect = client.protocol === SUBPROTOCOL ? 'v1' : 'plain';
      this.#feed(client, connect(client, { ...asked, dialect }), asked.holding);
    } catch (error) {
      client.fail(error);
    }
  }

  #feed(client: ClientWebSocket, connection: ClientConnection, holding: Holding): void {
    this.#connections.set(client, connection);
    // Requests must not run on while a closing handshake waits for a client that may never answer.
    client.onClosing = guarded(client, () => {
      this.#liveness.forget(client);
      this.#frames.drop(client);
      if (this.#connections.delete(client)) connection.end();
    });
    this.#liveness.watch(client);
    client.onPing = (answer) => this.#frames.add(client, 0, answer);
    client.onAlive = () => this.#liveness.heard(client);
    client.on('message', (data, isBinary) => {
      const bytes = toBuffer(data);
      if (!holding.take('input_bytes', bytes.length))
        return client.cutOff(CloseCode.overloaded, tooMuchInput);
      this.#frames.add(client, bytes.length, () => {
        holding.give('input_bytes', bytes.length);
        receive(client, connection, bytes, isBinary);
      });
    });
  }
}

function receive(
  client: ClientWebSocket,
  connection: ClientConnection,
  bytes: Buffer,
  isBinary: boolean,
): void {
  // Frames still arrive while a closing handshake is under way.
  if (client.readyState !== client.OPEN) return;
  // `ws` has checked text itself.
  if (isBinary && !isUtf8(bytes)) return client.close(CloseCode.notUtf8, 'frames are UTF-8');
  try {
    connection.receive(bytes.toString('utf8'));
  } catch (error) {
    client.fail(error);
  }
}

const tooMuchInput = 'too much input waits on this server';

/** An incomplete message counts as input; past the budget its socket is closed. */
function countIncomplete(client: ClientWebSocket, holding: Holding): (bytes: number) => void {
  let counted = 0;
  return (bytes) => {
    if (bytes <= counted) {
      holding.give('input_bytes', counted - bytes);
      counted = bytes;
    } else if (holding.take('input_bytes', bytes - counted)) {
      counted = bytes;
    } else {
      client.cutOff(CloseCode.overloaded, tooMuchInput);
    }
  };
}

/** An empty name selects the default persona. */
function personaIn(url = '/'): string | undefined {
  const base = 'ws://host';
  if (!URL.canParse(url, base)) return undefined;
  return new URL(url, base).searchParams.get('persona') || undefined;
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
