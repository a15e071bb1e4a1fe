/**
 * Owns an HTTP proxy in front of a real Ollama that lets its replies through at a pace, and remembers of each how it went.
 * Knows nothing of who asks, and of the model only what its lines say.
 */
import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { PacedReply, type ModelBrake, type ReplyRecord } from './paced-reply.ts';

/** What the proxy is told. */
export interface PacingProxyOptions {
  /** Where Ollama is: `http://127.0.0.1:<port>`. */
  target: string;
  /** Default: a free one. */
  port?: number;
  /** Lets the proxy hold the model itself while its lines wait; without one it runs ahead of them. */
  brake?: ModelBrake;
}

export async function startPacingProxy(options: PacingProxyOptions): Promise<PacingProxy> {
  const proxy = new PacingProxy(options);
  await proxy.listen(options.port ?? 0);
  return proxy;
}

/** A proxy on 127.0.0.1. Only replies of `POST /api/chat` are paced and recorded; everything else, warming the model too, passes through untouched. */
export class PacingProxy {
  /** Every chat request so far that wants a reply, in the order of their arrival. */
  readonly requests: ReplyRecord[] = [];
  readonly #target: URL;
  readonly #brake: ModelBrake | undefined;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((request, response) => void this.#forward(request, response));
  readonly #replies = new Set<PacedReply>();
  #linesPerSecond: number | undefined;

  constructor({ target, brake }: PacingProxyOptions) {
    this.#target = new URL(target);
    this.#brake = brake;
    // Ollama keeps idle sockets for ever.
    this.#server.keepAliveTimeout = 0;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Chat requests that the client has opened and that have neither been answered to the end nor been closed by it. */
  get openRequests(): number {
    return this.#replies.size;
  }

  get linesPerSecond(): number | undefined {
    return this.#linesPerSecond;
  }

  /** Holds at once, for open replies too. Undefined: untouched. */
  set linesPerSecond(pace: number | undefined) {
    this.#linesPerSecond = pace;
    for (const reply of this.#replies) reply.pace = pace;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isChat = request.method === 'POST' && request.url === '/api/chat';
    const upstream = sendRequest(new URL(request.url ?? '/', this.#target), {
      method: request.method,
      headers: { ...request.headers, host: this.#target.host },
      agent: this.#agent,
    });
    const reply = isChat ? this.#open(response) : undefined;
    // The moment the client is gone nobody wants the answer any more, and the model must know.
    response.once('close', () => {
      if (!response.writableFinished) reply?.abandon();
      upstream.destroy();
      if (reply !== undefined) this.#replies.delete(reply);
    });
    upstream.once('error', (error) => fail(response, error));
    upstream.once('response', (answer) => {
      answer.once('error', (error) => fail(response, error));
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.headers);
      if (reply === undefined) answer.pipe(response);
      else reply.relay(answer);
    });

    const body: Buffer[] = [];
    request.once('error', () => upstream.destroy());
    if (reply !== undefined) {
      request.on('data', (bytes: Buffer) => body.push(bytes));
      request.once('end', () => {
        const text = Buffer.concat(body).toString();
        reply.received(text);
        if (isWarming(text)) this.#setAside(reply);
      });
    }
    request.pipe(upstream);
  }

  #open(response: ServerResponse): PacedReply {
    const reply = new PacedReply(response, { pace: this.#linesPerSecond, brake: this.#brake });
    this.#replies.add(reply);
    this.requests.push(reply.record);
    return reply;
  }

  #setAside(reply: PacedReply): void {
    reply.pace = undefined;
    this.#replies.delete(reply);
    this.requests.splice(this.requests.indexOf(reply.record), 1);
  }
}

/** Nobody wants to read a reply of one token: it has the model read its prompt. */
function isWarming(body: string): boolean {
  return /"num_predict":1[,}]/.test(body);
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else
    response
      .writeHead(502, { 'content-type': 'text/plain' })
      .end(`the model cannot be reached: ${error.message}`);
}
