/**
 * A WebSocket in the middle: passes every frame on, both ways, unchanged, and notes when it passed. Lets a test see what two programs say
 * to each other without being either. Knows nothing of what frames mean.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';

export interface TappedFrame {
  from: 'client' | 'server';
  /** `Date.now()` when it passed. */
  at: number;
  frame: Record<string, unknown> & { type: string };
}

export class FrameTap {
  /** Every frame so far, of all connections, in order. */
  readonly frames: TappedFrame[] = [];
  /** Connections that were ever made. */
  connections = 0;
  readonly #server: WebSocketServer;
  readonly #target: string;

  private constructor(server: WebSocketServer, target: string) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#join(client));
  }

  /** Listens on a free port; connects to `target` once for each client. */
  static async start(target: string): Promise<FrameTap> {
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    await once(server, 'listening');
    return new FrameTap(server, target);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: WebSocket): void {
    this.connections += 1;
    const server = new WebSocket(this.#target, client.protocol === '' ? [] : [client.protocol]);
    // A client may speak before the other side is open.
    const early: string[] = [];
    client.on('message', (data) => {
      const text = this.#note('client', data);
      if (server.readyState === WebSocket.OPEN) server.send(text);
      else early.push(text);
    });
    server.on('open', () => {
      for (const text of early.splice(0)) server.send(text);
    });
    server.on('message', (data) => client.send(this.#note('server', data)));
    server.on('close', (code, reason) =>
      isSendable(code) ? client.close(code, reason) : client.terminate(),
    );
    client.on('close', (code, reason) =>
      isSendable(code) ? server.close(code, reason) : server.terminate(),
    );
    server.on('error', () => client.terminate());
    client.on('error', () => server.terminate());
  }

  #note(from: TappedFrame['from'], data: RawData): string {
    const text = (data as Buffer).toString('utf8');
    this.frames.push({ from, at: Date.now(), frame: JSON.parse(text) as TappedFrame['frame'] });
    return text;
  }
}

/** RFC 6455, 7.4: 1005 and 1006 only tell that nothing was said. */
function isSendable(code: number): boolean {
  return code >= 1000 && code !== 1005 && code !== 1006;
}
