/**
 * A model server that misbehaves on demand, for OpenAI Chat Completions and Ollama on one port. The
 * last message of a request that begins with `!` chooses a trick: `!hang`, `!say Hello`, `!args`.
 * It reads only that, never the whole body, so that it stays fast while it is sent large ones.
 * Counts the open requests.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Dialect, endlessBody, type Exchange, playTrick } from './tricks.ts';

const dialects: Record<string, Dialect> = { '/v1/chat/completions': 'openai', '/api/chat': 'ollama' };
const models = ['hostile-model', 'other-model'];

/** What it counts. Requests are those for replies only. */
export interface ModelCounts {
  open: number;
  mostOpen: number;
  requests: number;
  sockets: number;
}

const defaultEmotion = 'say neutral';

function noCounts(): ModelCounts {
  return { open: 0, mostOpen: 0, requests: 0, sockets: 0 };
}

export class HostileModel {
  counts: ModelCounts = noCounts();
  /** The last bodies of requests for replies, at most `keptBodies`. */
  readonly bodies: string[] = [];
  keptBodies = 0;
  /** Trick that answers the question for the emotion of a reply. */
  emotion = defaultEmotion;
  /** True: lists of models never end. */
  listsForEver = false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    // The server under test decides how long an idle socket stays open.
    server.keepAliveTimeout = 600_000;
    server.requestTimeout = 0;
    server.on('connection', (socket) => {
      const { counts } = this;
      counts.sockets += 1;
      socket.once('close', () => {
        counts.sockets -= 1;
      });
    });
    server.on('request', (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        // The client left while its request was read.
        if (!response.destroyed) throw error;
      });
    });
  }

  /** As it was at the start; what is open from before is not counted any more. */
  reset(): void {
    this.counts = noCounts();
    this.bodies.length = 0;
    this.keptBodies = 0;
    this.emotion = defaultEmotion;
    this.listsForEver = false;
  }

  static async start(): Promise<HostileModel> {
    const server = createServer();
    server.listen(0, '127.0.0.1', 4_096);
    await once(server, 'listening');
    return new HostileModel(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace(/\?.*/, '');
    const dialect = dialects[path];
    if (dialect === undefined) return this.#answerAboutModels(path, response);
    const { counts } = this;
    counts.requests += 1;
    counts.open += 1;
    counts.mostOpen = Math.max(counts.mostOpen, counts.open);
    response.once('close', () => {
      counts.open -= 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.#keep(body);
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    await playTrick({ dialect, body, key, response, ...this.#trickOf(body) });
  }

  #keep(body: Buffer): void {
    if (this.keptBodies === 0) return;
    this.bodies.push(body.toString());
    if (this.bodies.length > this.keptBodies) this.bodies.shift();
  }

  #trickOf(body: Buffer): Pick<Exchange, 'trick' | 'rest' | 'isAfterTools'> {
    const at = body.lastIndexOf('":"!');
    if (body.includes('Which one of these words', Math.max(0, at)))
      return { ...parseTrick(this.emotion), isAfterTools: false };
    if (at === -1) return { trick: 'say', rest: 'Hello.', isAfterTools: false };
    const from = at + '":"!'.length;
    const end = body.indexOf('"', from);
    const isAfterTools = body.includes('"role":"tool"', end);
    return { ...parseTrick(body.toString('utf8', from, end)), isAfterTools };
  }

  #answerAboutModels(path: string, response: ServerResponse): void {
    if (this.listsForEver && path !== '/api/ps') {
      response.writeHead(200, { 'content-type': 'application/json' });
      void endlessBody(response, '{"models":[', '{"name":"a"},'.repeat(4_096));
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(aboutModels(path)));
  }
}

function parseTrick(text: string): { trick: string; rest: string } {
  const [trick = '', ...rest] = text.split(' ');
  return { trick, rest: rest.join(' ') };
}

function aboutModels(path: string): object {
  if (path === '/v1/models') return { object: 'list', data: models.map((id) => ({ id })) };
  if (path === '/api/tags') return { models: models.map((name) => ({ name, model: name, size: 1 })) };
  if (path === '/api/show') return { capabilities: ['completion', 'tools'] };
  return { models: [] };
}
