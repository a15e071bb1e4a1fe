/**
 * The network between a client and a server that may be another one tomorrow: one address for good, lines that can be cut or go dead.
 * Knows nothing of what travels.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Ends {
  client: Socket;
  server: Socket;
  isDead: boolean;
}

export class Line {
  /** Where new connections lead; undefined: nobody is there. */
  target: number | undefined;
  readonly #server: Server;
  readonly #lines = new Set<Ends>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (client) => this.#join(client));
  }

  static async open(): Promise<Line> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Line(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Connections that are open now. */
  get size(): number {
    return this.#lines.size;
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const { client, server } of this.#lines) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** From now on nothing comes through, and nobody is told. */
  freeze(): void {
    for (const line of this.#lines) {
      line.isDead = true;
      line.client.unpipe().resume();
      line.server.unpipe().resume();
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.target === undefined) return void client.resetAndDestroy();
    const server = connect(this.target, '127.0.0.1');
    server.on('error', () => server.destroy());
    const line: Ends = { client, server, isDead: false };
    this.#lines.add(line);
    client.setNoDelay(true).pipe(server);
    server.setNoDelay(true).pipe(client);
    client.on('close', () => {
      this.#lines.delete(line);
      server.destroy();
    });
    server.on('close', () => {
      if (!line.isDead) client.destroy();
    });
  }
}
