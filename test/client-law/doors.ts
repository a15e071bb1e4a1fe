/**
 * A server that decides each handshake by a script: it accepts as v1 or plain, refuses, hangs up or
 * stays silent, at once or late. It counts the TCP connections that are open, whatever they carry.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * What one handshake meets. `v1 mute` accepts and never sends `ready`. A number is an HTTP status.
 */
export interface Door {
  opens: 'v1' | 'v1 mute' | 'plain' | 'hang up' | 'silent' | 403 | 503;
  afterMs: number;
}

const card = { name: 'doors', title: 'Doors', suggestions: [] };
const limits = {
  frame_bytes: 1_000_000,
  messages: 100,
  list_bytes: 1_000_000,
  mirrors: 1,
  open_requests: 16,
  tool_bytes: 10_000,
  id_chars: 64,
  key_chars: 64,
  buffered_bytes: 1_000_000,
  stalled_ms: 10_000,
  reply_chars: 100_000,
  first_token_ms: 10_000,
  idle_ms: 10_000,
  total_ms: 60_000,
  ping_interval_ms: 20_000,
  silence_ms: 30_000,
};
const ready = {
  type: 'ready',
  server: 'doors 1',
  persona: card,
  personas: [],
  backend: 'demo',
  limits,
  features: ['warm'],
};

export class Doors {
  readonly #http = createServer();
  readonly #v1 = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('ws-llm.v1') ? 'ws-llm.v1' : false),
  });
  readonly #plain = new WebSocketServer({ noServer: true, handleProtocols: () => false });
  readonly #lines = new Set<Duplex>();
  readonly #script: readonly Door[];
  #handshakes = 0;

  private constructor(script: readonly Door[]) {
    this.#script = script;
    this.#http.on('connection', (line: Duplex) => {
      this.#lines.add(line);
      line.on('error', () => line.destroy());
      line.on('close', () => this.#lines.delete(line));
    });
    this.#http.on('upgrade', (request: IncomingMessage, line: Duplex, head: Buffer) => {
      void this.#meet(request, line, head);
    });
  }

  /** @param script the doors in the order of the handshakes; the last one stays */
  static async open(script: readonly Door[]): Promise<Doors> {
    const doors = new Doors(script);
    doors.#http.listen(0, '127.0.0.1');
    await once(doors.#http, 'listening');
    return doors;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Connections that are open now. */
  get lines(): number {
    return this.#lines.size;
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const line of this.#lines) line.destroy();
  }

  async close(): Promise<void> {
    this.#http.close();
    this.cut();
    await once(this.#http, 'close');
  }

  async #meet(request: IncomingMessage, line: Duplex, head: Buffer): Promise<void> {
    const door = this.#script[Math.min(this.#handshakes, this.#script.length - 1)];
    this.#handshakes += 1;
    // A client that gives up while its handshake waits is noticed only by reading.
    line.on('end', () => line.end());
    if (door === undefined) return void line.destroy();
    if (door.afterMs > 0) await sleep(door.afterMs);
    if (line.destroyed) return;
    switch (door.opens) {
      case 'v1':
      case 'v1 mute':
      case 'plain': {
        const server = door.opens === 'plain' ? this.#plain : this.#v1;
        server.handleUpgrade(request, line, head, (socket) => this.#greet(socket, door));
        return;
      }
      case 'hang up':
        line.destroy();
        return;
      case 'silent':
        line.resume();
        return;
      case 403:
      case 503:
        line.end(`HTTP/1.1 ${door.opens} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
  }

  #greet(socket: WebSocket, { opens }: Door): void {
    socket.on('error', () => {});
    if (opens === 'v1') socket.send(JSON.stringify(ready));
    if (opens !== 'plain') return;
    socket.on('message', () => socket.send('{"type":"delta","content":"Well, "}'));
  }
}
