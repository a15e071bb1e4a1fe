/**
 * An Ollama as far as loading goes: a model is loaded for the request that needs it first, others join, and when that one's client
 * leaves the load is given up and starts again for the next in line. Loads last until the test ends them.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenByOllama {
  path: string;
  body: Record<string, unknown>;
}

interface Waiting {
  response: ServerResponse;
  go: () => void;
}

export class LoadingOllama {
  /** Every request, in order. */
  readonly seen: SeenByOllama[] = [];
  readonly loads = { started: 0, finished: 0, abandoned: 0 };
  /** Set to false: the model was unloaded, for whatever reason. */
  loaded = false;
  thinking: 'levels' | 'switch' | 'none' = 'none';
  capabilities: string[] | undefined = ['completion'];
  /** What `/api/ps` tells. */
  inMemory: { name: string; context_length?: number }[] = [];
  /** A chat that runs sends one token and then nothing. */
  stalling = false;
  readonly #server: Server;
  /** Who waits for the model. The first one's load it is. */
  readonly #queue: Waiting[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<LoadingOllama> {
    const server = createServer();
    const ollama = new LoadingOllama(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return ollama;
  }

  get host(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get paths(): string[] {
    return this.seen.map(({ path }) => path);
  }

  /** Resolves as soon as it holds; looks whenever something has happened. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#watchers.delete(look);
          resolve();
        };
        this.#watchers.add(look);
      });
    }
  }

  finishLoad(): void {
    this.loads.finished += 1;
    this.loaded = true;
    for (const { go } of this.#queue.splice(0)) go();
  }

  failLoad(message: string): void {
    for (const { response } of this.#queue.splice(0)) json(response, 500, { error: message });
  }

  /** All connections break, and the model is gone. */
  restart(): void {
    this.loaded = false;
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const body = JSON.parse((await text(request)) || '{}') as SeenByOllama['body'];
    this.seen.push({ path, body });
    if (path === '/api/ps') json(response, 200, { models: this.inMemory });
    else if (path === '/api/show') json(response, 200, { capabilities: this.capabilities });
    else if (path === '/api/generate') this.#whenLoaded(response, () => json(response, 200, { done: true }));
    else this.#chat(response, body);
    this.#notify();
  }

  #chat(response: ServerResponse, { model, think }: SeenByOllama['body']): void {
    if (this.thinking === 'none' && think !== undefined && think !== false) {
      return json(response, 400, { error: `"${String(model)}" does not support thinking` });
    }
    this.#whenLoaded(response, () => {
      if (this.thinking === 'switch' && typeof think === 'string') {
        return json(response, 400, { error: `think value "${think}" is not supported for this model` });
      }
      response.write(line({ message: { role: 'assistant', content: 'ok' }, done: false }));
      if (!this.stalling) response.end(line({ message: {}, done: true, done_reason: 'stop' }));
    });
  }

  #whenLoaded(response: ServerResponse, go: () => void): void {
    if (this.loaded) return go();
    const waiting = { response, go };
    this.#queue.push(waiting);
    if (this.#queue.length === 1) this.loads.started += 1;
    response.once('close', () => {
      const place = this.#queue.indexOf(waiting);
      if (place < 0) return;
      this.#queue.splice(place, 1);
      if (place === 0) {
        this.loads.abandoned += 1;
        if (this.#queue.length > 0) this.loads.started += 1;
      }
      this.#notify();
    });
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
