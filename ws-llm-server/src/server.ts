/**
 * The persona server: one HTTP server that carries the page, health and the WebSocket. Puts the parts together and stops them;
 * reads no environment and writes nothing but its log.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Limits } from '@ws-llm/protocol';
import type { Backend } from './backend.ts';
import type { ConnectionContext } from './connection/connection-context.ts';
import { ModelNews } from './connection/model-news.ts';
import { PlainConnection } from './connection/plain-connection.ts';
import { V1Connection } from './connection/v1-connection.ts';
import { MemoryThreadStore } from './context/thread-store.ts';
import type { TurnLimits } from './context/turns.ts';
import type { AdmissionPolicy } from './http/admission.ts';
import { createApp } from './http/app.ts';
import { SocketServer } from './http/socket-server.ts';
import { defaultLimits } from './limits.ts';
import { type Logger, silentLogger } from './logger.ts';
import type { Persona } from './personas/persona.ts';
import { onlyPersona, type Personas } from './personas/personas.ts';
import { serverName } from './version.ts';

export interface PersonaServerOptions {
  backend: Backend;
  /** One, or several of which clients choose. */
  persona: Persona | Personas;
  /** The chat page, as HTML. */
  page: string;
  /** Of a connection's own thread. */
  turnLimits: TurnLimits;
  /** What differs from the defaults. */
  limits?: Partial<Limits>;
  /** Default: loopback names and the server's own origin. */
  policy?: AdmissionPolicy;
  /** Default: silent. */
  logger?: Logger;
}

export interface PersonaServer {
  /** Listens; port 0 takes a free one. Rejects where the address cannot be had. */
  listen(port: number, host: string): Promise<AddressInfo>;
  /**
   * Takes nothing new, lets open replies finish for `graceMs` (default 0), closes every connection with 1001, frees the port. Called again it
   * waits for the first.
   */
  close(graceMs?: number): Promise<void>;
}

/** Whoever connects without credentials. */
const localUser = 'local';

export function createPersonaServer(options: PersonaServerOptions): PersonaServer {
  const { backend, page, turnLimits, logger = silentLogger } = options;
  const policy = options.policy ?? { allowedHosts: [], allowedOrigins: [] };
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const personas = 'card' in options.persona ? onlyPersona(options.persona) : options.persona;
  const threads = new MemoryThreadStore(turnLimits);
  const news = new ModelNews(backend, () => sockets.learnt());
  const sockets = new SocketServer({
    policy,
    limits,
    logger,
    hasPersona: (name) => personas.get(name) !== undefined,
    connect(socket, { dialect, role, persona }) {
      logger.info({ dialect, role }, 'client connected');
      const context: ConnectionContext = {
        server: serverName,
        backend,
        news,
        personas,
        personaName: persona,
        limits,
        turnLimits,
        threads,
        role,
        user: localUser,
        logger,
      };
      return dialect === 'v1' ? new V1Connection(socket, context) : new PlainConnection(socket, context);
    },
  });
  const stopHearing = personas.onChange(() => sockets.changed());
  const health = (): Record<string, unknown> => ({
    server: serverName,
    persona: personas.default.card.name,
    backend: backend.name,
    model: backend.model,
    connections: sockets.size,
  });
  const answer = getRequestListener(createApp({ backend, policy, page, health, logger }).fetch);
  const http = createServer((request, response) => void answer(request, response));
  http.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  const close = async (graceMs: number): Promise<void> => {
    const freed = new Promise<void>((resolve) => http.close(() => resolve()));
    stopHearing();
    await sockets.close(graceMs);
    http.closeAllConnections();
    await freed;
  };
  let closed: Promise<void> | undefined;
  return {
    listen: (port, host) => listen(http, port, host),
    close: (graceMs = 0) => (closed ??= close(graceMs)),
  };
}

function listen(http: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      const address = http.address();
      if (address === null || typeof address === 'string') reject(new Error('not listening on a port'));
      else resolve(address);
    });
  });
}
