/** An OpenAI-compatible server that refuses options it does not know, in the words of one that exists, and answers everything else. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Status and body for the options of a request that the server does not know. */
export type Refuse = (unknown: string[]) => { status: number; body: unknown };

/** How servers refuse. */
export const refusals: Record<string, Refuse> = {
  'OpenAI names it as the parameter': ([name]) => ({
    status: 400,
    body: { error: { message: 'Unsupported parameter.', param: name, code: 'unsupported_parameter' } },
  }),
  'OpenAI names it in words': ([name]) => ({
    status: 400,
    body: { error: { message: `Unrecognized request argument supplied: ${name}`, param: null } },
  }),
  'FastAPI names all in its detail': (unknown) => ({
    status: 422,
    body: {
      detail: unknown.map((name) => ({
        type: 'extra_forbidden',
        loc: ['body', name],
        msg: 'Extra inputs are not permitted',
      })),
    },
  }),
  'an error that is a string': ([name]) => ({ status: 400, body: { error: `unknown field "${name}"` } }),
  'a message without an envelope': ([name]) => ({
    status: 400,
    body: { object: 'error', message: `${name}: extra fields not permitted` },
  }),
  'plain text': ([name]) => ({ status: 422, body: `json: unknown field ${name}` }),
};

export class StrictServer {
  /** Every request's body, in order. */
  readonly bodies: Record<string, unknown>[] = [];
  /** Options, or options with a value (`reasoning_effort=none`), that are refused. */
  readonly unknown = new Set<string>();
  refuse: Refuse = ([name]) => ({ status: 400, body: { error: { message: `Unknown option ${name}` } } });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      void text(request).then((sent) => {
        const body = JSON.parse(sent) as Record<string, unknown>;
        this.bodies.push(body);
        const refused = Object.entries(body).flatMap(([name, value]) =>
          this.unknown.has(name) || this.unknown.has(`${name}=${String(value)}`) ? [name] : [],
        );
        if (refused.length === 0) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          const chunk = { choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] };
          response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
          return;
        }
        const refusal = this.refuse(refused);
        const isText = typeof refusal.body === 'string';
        response.writeHead(refusal.status, { 'content-type': isText ? 'text/plain' : 'application/json' });
        response.end(isText ? refusal.body : JSON.stringify(refusal.body));
      });
    });
  }

  static async start(): Promise<StrictServer> {
    const server = createServer();
    const strict = new StrictServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return strict;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
