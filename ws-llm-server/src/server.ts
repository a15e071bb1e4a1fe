/**
 * The persona server: one HTTP server that carries the page, health and the WebSocket. Puts the parts together and stops them;
 * reads no environment and writes nothing but its log.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { SharedLimits } from '@ws-llm/protocol';
import { isLoopback, loopbackOnly } from './access/loopback.ts';
import { Budgets } from './access/budgets.ts';
import { fitToOpenFiles, maxOpenFiles } from './access/open-files.ts';
import type { Backend } from './backend.ts';
import { setModelSocketLimit } from './backends/model-sockets.ts';
import { withStandardLayers } from './backends/standard-layers.ts';
import { checkOptions } from './check-options.ts';
import type { ConnectionContext } from './connection/connection-context.ts';
import { defaultImageUrls } from './connection/image-urls.ts';
import { ModelNews } from './connection/model-news.ts';
import { PlainConnection } from './connection/plain-connection.ts';
import { V1Connection } from './connection/v1-connection.ts';
import { MemoryThreadStore } from './context/thread-store.ts';
import type { TurnLimits } from './context/turns.ts';
import type { AdmissionPolicy } from './http/admission.ts';
import { createApp } from './http/app.ts';
import { SocketServer } from './http/socket-server.ts';
import { routeUpgrades } from './http/upgrades.ts';
import { type ConnectionLimits, defaultLimits, defaultSharedLimits } from './limits.ts';
import { type Logger, silentLogger } from './logger.ts';
import type { Persona } from './personas/persona.ts';
import { onlyPersona, type Personas } from './personas/personas.ts';
import { messageOf } from './thrown.ts';
import { serverName } from './version.ts';

export interface PersonaServerOptions {
  /** Gets the standard layers: contexts that fit, tools left out where a model takes none, idle warming. */
  backend: Backend;
  /** One, or several of which clients choose. */
  persona: Persona | Personas;
  /** The chat page, as HTML. */
  page: string;
  /** Of a connection's own thread. */
  turnLimits: TurnLimits;
  /** Of one connection: what differs from the defaults. */
  limits?: Partial<ConnectionLimits>;
  /** Of all clients together: what differs from the defaults. */
  sharedLimits?: Partial<SharedLimits>;
  /** Default: loopback names and the server's own origin. */
  policy?: AdmissionPolicy;
  /**
   * Allowed prefixes of the image addresses of an agent: schemes such as `https:`, or addresses
   * such as `https://cdn.example.org/`. Default: `data:` and `https:`. A guest may send `data:`
   * only.
   */
  imageUrls?: readonly string[];
  /** Default: silent. */
  logger?: Logger;
}

export interface PersonaServer {
  /**
   * Listens; port 0 takes a free one. Rejects where the address cannot be had, and for any other address than
   * loopback: there are no credentials yet.
   */
  listen(port: number, host: string): Promise<AddressInfo>;
  /**
   * Takes nothing new, lets open replies finish for `graceMs` (default 0), closes every connection with 1001, frees the port. Called again it
   * waits for the first.
   */
  close(graceMs?: number): Promise<void>;
}

/** A client that opens a connection and says nothing holds a file of this process. */
const headersTimeoutMs = 15_000;
/** Idle sockets to one model server; more would cost memory for two minutes after each rush. */
const mostIdleSockets = 256;
/** Connections for HTTP requests, beside those of WebSockets. */
const plainConnections = 64;

/** The user of every connection without credentials. */
const localUser = 'local';

/** @throws TypeError for limits that are no finite numbers above 0, or unknown */
export function createPersonaServer(options: PersonaServerOptions): PersonaServer {
  checkOptions(options);
  const { page, turnLimits, logger = silentLogger } = options;
  const backend = withStandardLayers(options.backend);
  const policy = options.policy ?? { allowedHosts: [], allowedOrigins: [] };
  const limits: ConnectionLimits = { ...defaultLimits, ...options.limits };
  const sharedLimits = sharedLimitsOf(options, logger);
  const budgets = new Budgets({ server: sharedLimits });
  setModelSocketLimit(Math.min(sharedLimits.requests, mostIdleSockets));
  const personas = 'card' in options.persona ? onlyPersona(options.persona) : options.persona;
  const threadLimits = { ...turnLimits, messages: limits.messages, bytes: limits.list_bytes };
  // Only agents have named threads.
  const kept = budgets.hold('agent');
  const threads = new MemoryThreadStore({
    limits: threadLimits,
    keeper: {
      take: (bytes) => kept.take('kept_bytes', bytes),
      give: (bytes) => kept.give('kept_bytes', bytes),
    },
  });
  const news = new ModelNews(backend, () => sockets.learnt());
  const sockets = new SocketServer({
    policy,
    limits,
    budgets,
    logger,
    hasPersona: (name) => personas.get(name) !== undefined,
    connect(socket, { dialect, role, persona, holding }) {
      logger.info({ dialect, role }, 'client connected');
      const context: ConnectionContext = {
        server: serverName,
        backend,
        news,
        personas,
        personaName: persona,
        limits,
        holding,
        shared: budgets.reported(role),
        threadLimits,
        threads,
        role,
        fail: (error) => socket.fail(error),
        imageUrls: options.imageUrls ?? defaultImageUrls,
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
  const answer = getRequestListener(createApp({ backend, policy, page, health, logger }).fetch, {
    // Whoever embeds this server, and modules of theirs, keep the globals that Node gave them.
    overrideGlobalObjects: false,
  });
  const http = createServer(
    { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: headersTimeoutMs / 3 },
    (request, response) => void answer(request, response),
  );
  http.maxConnections = sharedLimits.connections + plainConnections;
  routeUpgrades(http, (request, line, head) => sockets.upgrade(request, line, head));
  const close = async (graceMs: number): Promise<void> => {
    const freed = new Promise<void>((resolve) => http.close(() => resolve()));
    stopHearing();
    await sockets.close(graceMs);
    http.closeAllConnections();
    await freed;
  };
  let closed: Promise<void> | undefined;
  return {
    listen: async (port, host) => {
      if (!isLoopback(host)) throw new Error(`cannot listen on "${host}": ${loopbackOnly}`);
      const address = await listen(http, port, host);
      // Such as a connection that the system could not hand over; the next one may work.
      http.on('error', (error) => logger.error({ reason: messageOf(error) }, 'the HTTP server failed'));
      return address;
    },
    close: (graceMs = 0) => (closed ??= close(graceMs)),
  };
}

function sharedLimitsOf({ sharedLimits }: PersonaServerOptions, logger: Logger): SharedLimits {
  const asked = { ...defaultSharedLimits, ...sharedLimits };
  const openFiles = maxOpenFiles();
  const fitted = fitToOpenFiles(asked, openFiles);
  if (fitted.connections < asked.connections || fitted.requests < asked.requests) {
    const { connections, requests } = fitted;
    logger.warn(
      { openFiles, connections, requests },
      'fewer clients and requests are served than configured, because this process may open only so many files; raise ulimit -n',
    );
  }
  return fitted;
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
