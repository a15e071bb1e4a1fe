/**
 * Owns what every stand-in for a speech service shares: one WebSocket address behind a key, that can refuse and drop.
 * Knows nothing of what is said on a socket.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';

/** Why a request for a socket is refused. */
export interface Refusal {
  status: number;
  text: string;
}

/** A stand-in on 127.0.0.1. What it serves is told by its subclass. */
export abstract class StandInServer {
  /** While true, every key is answered with 401. Sockets that are open stay open. */
  refuseKeys = false;
  readonly #http = createServer((_request, response) => {
    response.writeHead(404).end();
  });
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #path: string;
  #connections = 0;
  #refusals = 0;

  /** `path`: the only one there is; others are answered 404. */
  protected constructor(path: string) {
    this.#path = path;
    this.#http.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  /** Undefined lets the socket in. */
  protected abstract refusal(request: IncomingMessage, url: URL): Refusal | undefined;

  /** Called for every socket that is opened. */
  protected abstract serve(socket: WebSocket, url: URL): void;

  get port(): number {
    const address = this.#http.address();
    if (address === null || typeof address === 'string') throw new Error('the stand-in does not listen');
    return address.port;
  }

  /** Sockets opened since the start. */
  get connections(): number {
    return this.#connections;
  }

  get openConnections(): number {
    return this.#sockets.clients.size;
  }

  /** Requests for a socket that were refused, for whatever reason. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Cuts all open sockets, as a network does: without a close frame. */
  dropConnections(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Closes everything; resolves when it is done. */
  async close(): Promise<void> {
    this.dropConnections();
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }

  /** 0 is a free port. */
  protected async listen(port: number): Promise<void> {
    this.#http.listen(port, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const refusal = this.#refusalOf(request, url);
    if (refusal !== undefined) {
      this.#refusals += 1;
      const status = `HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
      stream.end(`${status}Content-Length: ${Buffer.byteLength(refusal.text)}\r\n\r\n${refusal.text}`);
      return;
    }
    this.#sockets.handleUpgrade(request, stream, head, (socket) => {
      this.#connections += 1;
      socket.on('error', () => socket.terminate());
      this.serve(socket, url);
    });
  }

  #refusalOf(request: IncomingMessage, url: URL): Refusal | undefined {
    if (url.pathname !== this.#path) return { status: 404, text: `there is no ${url.pathname}` };
    if (this.refuseKeys) return { status: 401, text: 'the key is not accepted' };
    return this.refusal(request, url);
  }
}

/** The bytes of a message, in whichever form the socket hands them over. */
export function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
