/**
 * A model server that does what it is told: OpenAI and Ollama dialects on one real HTTP server, exact pacing, every failure.
 * Counts what is open and notes when each request was closed, and by whom.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { type Behaviour, defaultBehaviour } from './behaviour.ts';
import { type Dialect, ollamaDialect, openAIDialect } from './dialects.ts';

/** One request for a reply, as the model saw it. */
export interface SeenRequest {
  dialect: 'openai' | 'ollama';
  body: Record<string, unknown> & { messages: { role: string; content: unknown }[] };
  /** Tokens that were sent. */
  sent: number;
  /** Resolves when the request is over, one way or the other. */
  closed: Promise<{ by: 'model' | 'client'; at: number }>;
}

export class FakeModel {
  /** What the next requests get, first come first served; then `fallback` for all others. */
  readonly script: Behaviour[] = [];
  fallback: Behaviour = defaultBehaviour;
  readonly requests: SeenRequest[] = [];
  readonly models = ['fake-model', 'other-model'];
  /** TCP connections that were ever made. */
  connections = 0;
  /** Requests that are open now, and the most that ever were. */
  open = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(port = 0): Promise<FakeModel> {
    const server = createServer();
    const model = new FakeModel(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return model;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For `OLLAMA_HOST`. */
  get ollamaHost(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** For `OPENAI_BASE_URL`. */
  get openAIBaseUrl(): string {
    return `${this.ollamaHost}/v1`;
  }

  /** The request number `index`, when it has arrived. */
  async request(index: number): Promise<SeenRequest> {
    for (;;) {
      const seen = this.requests[index];
      if (seen !== undefined) return seen;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    if (url === '/api/tags')
      return json(response, { models: this.models.map((name) => ({ name, model: name })) });
    if (url === '/v1/models')
      return json(response, { object: 'list', data: this.models.map((id) => ({ id })) });
    if (url === '/v1/chat/completions') return this.#reply(request, response, 'openai', openAIDialect);
    if (url === '/api/chat') return this.#reply(request, response, 'ollama', ollamaDialect);
    response.writeHead(404).end();
  }

  async #reply(
    request: IncomingMessage,
    response: ServerResponse,
    name: SeenRequest['dialect'],
    dialect: Dialect,
  ): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    const behaviour = this.script.shift() ?? this.fallback;
    this.open += 1;
    const gone = new AbortController();
    const seen: SeenRequest = {
      dialect: name,
      body: JSON.parse(text) as SeenRequest['body'],
      sent: 0,
      closed: once(response, 'close').then(() => {
        this.open -= 1;
        gone.abort();
        return { by: response.writableEnded ? 'model' : 'client', at: performance.now() };
      }),
    };
    this.requests.push(seen);
    for (const wake of this.#waiting.splice(0)) wake();
    await play(response, behaviour, dialect, seen, gone.signal).catch((error: unknown) => {
      if (!gone.signal.aborted) throw error;
    });
  }
}

async function play(
  response: ServerResponse,
  behaviour: Behaviour,
  dialect: Dialect,
  seen: SeenRequest,
  signal: AbortSignal,
): Promise<void> {
  const { failure, firstTokenMs = 0, tokenMs = 0 } = behaviour;
  if (failure?.type === 'status') {
    const retryAfter = failure.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter };
    response.writeHead(failure.status, { 'content-type': 'application/json', ...retryAfter });
    response.end(dialect.status(failure.message ?? `status ${failure.status}`));
    return;
  }
  const write = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    const size = behaviour.pieceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) {
      // A model waits for a reader that is behind; so what was ended was also read, but for a few kilobytes.
      if (!response.write(bytes.subarray(at, at + size))) await once(response, 'drain', { signal });
      // A piece of its own only where it is sent alone.
      if (behaviour.pieceBytes !== undefined) await nextTurn(undefined, { signal });
    }
  };
  response.writeHead(200, { 'content-type': dialect.contentType });
  response.flushHeaders();
  if (firstTokenMs > 0) await pause(firstTokenMs, undefined, { signal });
  for (const token of behaviour.reasoning ?? []) await write(dialect.reasoning(token));
  for (const [index, token] of behaviour.tokens.entries()) {
    if (failure?.after === index) return fail(response, dialect, failure, write);
    if (index > 0 && tokenMs > 0) await pause(tokenMs, undefined, { signal });
    await write(dialect.text(token));
    seen.sent += 1;
  }
  if (failure !== undefined) return fail(response, dialect, failure, write);
  for (const piece of dialect.toolCalls(behaviour.toolCalls ?? [])) await write(piece);
  await write(dialect.end(behaviour, seen.sent));
  response.end();
}

async function fail(
  response: ServerResponse,
  dialect: Dialect,
  failure: NonNullable<Behaviour['failure']>,
  write: (text: string) => Promise<void>,
): Promise<void> {
  switch (failure.type) {
    case 'status':
    case 'silent':
      return;
    case 'cut':
      response.end();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'malformed':
      await write(dialect.malformed);
      response.end();
      return;
    case 'error':
      await write(dialect.error(failure.message));
      response.end();
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
