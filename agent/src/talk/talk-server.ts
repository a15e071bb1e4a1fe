/**
 * The voice page and what it asks for, over HTTP on loopback: who may answer, and tickets. A ticket is a way into a paid call, so only the
 * page itself gets one: neither other machines nor pages of other origins. Knows nothing of LiveKit.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const largestBody = 4_096;
const barePolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface TalkServerOptions {
  page: string;
  /** What `GET /offer` tells. */
  offer: () => Promise<unknown>;
  /** What `POST /ticket` gives; `persona` as the page asked for it. */
  ticket: (persona: string | undefined) => Promise<unknown>;
}

export interface TalkServer {
  url: string;
  close(): Promise<void>;
}

/** @param port where it should be; a free one where that is taken */
export async function startTalkServer(options: TalkServerOptions, port: number): Promise<TalkServer> {
  const server = createServer((request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      // The page has gone, or has half an answer: another head would throw.
      if (response.headersSent || response.destroyed) response.destroy();
      else answer(response, 500, 'text/plain', `This did not work: ${why}`);
    });
  });
  await listen(server, port);
  // After it listens an error concerns one connection, and ends nothing else.
  server.on('error', () => {});
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${taken}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  for (const wanted of [port, 0]) {
    server.listen(wanted, '127.0.0.1');
    try {
      await once(server, 'listening');
      return;
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken || wanted === 0) throw error;
    }
  }
}

async function serve(
  options: TalkServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host = '', origin } = request.headers;
  // A name that somebody pointed at this machine, and a page from somewhere else.
  const isOurs =
    /^(?:localhost|127\.0\.0\.1):\d+$/.test(host) && (origin === undefined || origin === `http://${host}`);
  if (!isOurs)
    return answer(response, 403, 'text/plain', 'Open http://localhost with the port that was printed.');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return answer(response, 200, 'text/html; charset=utf-8', options.page, policyOf(options.page));
    case 'GET /offer':
      return answer(response, 200, 'application/json', JSON.stringify(await options.offer()));
    case 'POST /ticket': {
      // A form of another page can send no JSON without being asked for it.
      if (request.headers['content-type'] !== 'application/json') {
        return answer(response, 415, 'text/plain', 'Send application/json.');
      }
      const ticket = await options.ticket(personaOf(await readBody(request)));
      return answer(response, 200, 'application/json', JSON.stringify(ticket));
    }
    default:
      return answer(response, 404, 'text/plain', 'Nothing is here. The page is at /.');
  }
}

/** @param policy what the answer may load and run as a document; by default nothing */
function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  policy = barePolicy,
): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  response.end(body);
}

/**
 * The page carries its own policy, with the hashes of its script and style. As a header the policy
 * can also forbid frames, in which another site could make a person press "Start talking".
 */
function policyOf(page: string): string {
  const [, own] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  return own === undefined ? barePolicy : `${own}; frame-ancestors 'none'`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request.setEncoding('utf8') as AsyncIterable<string>) {
    body += piece;
    if (body.length > largestBody) throw new Error('the request is too long');
  }
  return body;
}

/** Anything that is not a persona name selects the default persona. */
function personaOf(body: string): string | undefined {
  try {
    const { persona } = JSON.parse(body) as { persona?: unknown };
    return typeof persona === 'string' && persona !== '' ? persona : undefined;
  } catch {
    return undefined;
  }
}
