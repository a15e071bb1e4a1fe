/**
 * What becomes of a request to upgrade: a WebSocket, or plain HTTP where it asks for anything else. Node
 * takes every such request away from its HTTP server; here it is given back.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

type OnWebSocket = (request: IncomingMessage, line: Duplex, head: Buffer) => void;

/** Installs itself on `http`. `onWebSocket` gets each request for a WebSocket, and must not throw. */
export function routeUpgrades(http: Server, onWebSocket: OnWebSocket): void {
  /** Answers that are not finished yet, by their connection: clients may pipeline requests. */
  const answers = new WeakMap<Duplex, Set<ServerResponse>>();
  http.on('request', (request, response) => {
    const open = answers.get(request.socket) ?? new Set();
    answers.set(request.socket, open.add(response));
    response.once('close', () => open.delete(response));
  });
  http.on('upgrade', (request, line, head) => {
    // Node's own listener is gone with the upgrade, and nothing else listens before `ws` does.
    const destroy = (): void => void line.destroy();
    line.on('error', destroy);
    const go = (): void => {
      if (line.destroyed) return;
      if (isWebSocket(request)) onWebSocket(request, line, head);
      else answerPlainly(http, request, line, head);
      line.off('error', destroy);
    };
    const open = [...(answers.get(line) ?? [])];
    const last = open.at(-1);
    // The 101 must not overtake the answer to an earlier request on the same connection.
    if (last === undefined) go();
    else last.once('close', go);
  });
}

/** Also without a valid key or version: `ws` answers those with the status that says what is wrong. */
function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/**
 * RFC 9110 (7.8): a server may ignore an upgrade that it does not know, such as `h2c`, which Java's client
 * and `curl --http2` ask for by default. The request is read again, without the upgrade.
 */
function answerPlainly(http: Server, request: IncomingMessage, line: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!/^(?:upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${value}`);
  }
  // One at a time: what comes behind it on this connection may be pipelined.
  const again = Buffer.from(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`, 'latin1');
  line.unshift(Buffer.concat([again, head]));
  http.emit('connection', line);
}
