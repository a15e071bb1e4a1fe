/**
 * A stand-in for servers of both dialects on a real socket: says only what a test has it say, and remembers what it heard.
 * Knows nothing of personas or models. Stops with the test that started it.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@ws-llm/protocol';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { Queue } from './queue.ts';
import { ScriptedSocket } from './scripted-socket.ts';

/** What a server does with one attempt to connect. A number is an HTTP status; `silent` never answers. */
export type Welcome = 'v1' | 'plain' | 'hang up' | 'silent' | number;

export class ScriptedServer {
  readonly #http: Server;
  readonly #v1 = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #plain = new WebSocketServer({ noServer: true, handleProtocols: () => false });
  readonly #clients = new Queue<ScriptedSocket>();
  /** Every connection; HTTP forgets those that were upgraded. */
  readonly #lines = new Set<Duplex>();
  readonly #welcome: (attempt: number) => Welcome | Promise<Welcome>;
  /** What each attempt to connect offered, in order: a subprotocol, or nothing. */
  readonly offers: string[] = [];
  /** The `Authorization` of each attempt, in order. */
  readonly authorizations: (string | undefined)[] = [];

  private constructor(welcome: (attempt: number) => Welcome | Promise<Welcome>) {
    this.#welcome = welcome;
    this.#http = createServer();
    this.#http.on('connection', (line: Duplex) => {
      this.#lines.add(line);
      line.on('close', () => this.#lines.delete(line));
    });
    this.#http.on(
      'upgrade',
      (request: IncomingMessage, line, head) => void this.#upgrade(request, line, head),
    );
  }

  /** @param welcome what to do with attempt 0, 1, 2, ...; everyone gets in by default */
  static async start(
    welcome: Welcome | ((attempt: number) => Welcome | Promise<Welcome>) = 'v1',
  ): Promise<ScriptedServer> {
    const server = new ScriptedServer(typeof welcome === 'function' ? welcome : () => welcome);
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    onTestFinished(() => server.close());
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** How many connections are open, whatever they carry. */
  get lines(): number {
    return this.#lines.size;
  }

  /** The next client that got in. */
  client(): Promise<ScriptedSocket> {
    return this.#clients.next();
  }

  /** Cuts every line and frees the port. */
  async close(): Promise<void> {
    if (!this.#http.listening) return;
    this.#http.close();
    for (const line of this.#lines) line.destroy();
    await once(this.#http, 'close');
  }

  async #upgrade(request: IncomingMessage, line: Duplex, head: Buffer): Promise<void> {
    const attempt = this.offers.length;
    this.offers.push(request.headers['sec-websocket-protocol'] ?? '');
    this.authorizations.push(request.headers.authorization);
    line.on('error', () => line.destroy());
    const welcome = await this.#welcome(attempt);
    switch (welcome) {
      case 'v1':
      case 'plain':
        return (welcome === 'v1' ? this.#v1 : this.#plain).handleUpgrade(request, line, head, (socket) =>
          this.#clients.push(new ScriptedSocket(socket)),
        );
      case 'hang up':
        line.destroy();
        return;
      case 'silent':
        line.on('end', () => line.end()).resume();
        return;
      default:
        line.end(`HTTP/1.1 ${welcome} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
  }
}
