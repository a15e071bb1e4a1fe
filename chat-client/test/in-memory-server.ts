/**
 * A server's side of a WebSocket in the same process, for tests that decide each frame themselves.
 * Delivers like the platform's: later, in order, and nothing after the close.
 */
import type { OpenWebSocket, WebSocketLike } from '@ws-llm/client';
import type { ReadyFrame } from '@ws-llm/protocol';

export const ready: ReadyFrame = {
  type: 'ready',
  server: 'scripted',
  persona: { name: 'Mira', title: 'Assistant', greeting: 'Hello.', suggestions: ['Why?'] },
  personas: [],
  backend: 'demo',
  model: 'script',
  features: ['standalone'],
  limits: {
    frame_bytes: 1_000_000,
    messages: 100,
    list_bytes: 65_536,
    mirrors: 0,
    open_requests: 8,
    tool_bytes: 0,
    id_chars: 64,
    key_chars: 64,
    buffered_bytes: 1_000_000,
    stalled_ms: 10_000,
    reply_chars: 100_000,
    first_token_ms: 30_000,
    idle_ms: 30_000,
    total_ms: 120_000,
    ping_interval_ms: 0,
    silence_ms: 0,
  },
};

/** One socket, seen from the server. */
class ServerSocket {
  readonly protocol: string;
  /** The client's side. */
  readonly client: WebSocketLike;
  readonly received: Record<string, unknown>[] = [];
  readonly #listeners = new Map<string, ((event: never) => void)[]>();
  closed = false;

  constructor(protocol: string) {
    this.protocol = protocol;
    this.client = this.#clientSide();
  }

  send(frame: object): void {
    this.#emit('message', { data: JSON.stringify(frame) });
  }

  close(code = 1006, reason = ''): void {
    if (this.closed) return;
    this.closed = true;
    this.#emit('close', { code, reason });
  }

  open(): void {
    this.#emit('open', {});
  }

  #emit(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  #clientSide(): WebSocketLike {
    const { protocol } = this;
    return {
      protocol,
      send: (data) => {
        if (!this.closed) this.received.push(JSON.parse(data) as Record<string, unknown>);
      },
      close: () => {
        this.closed = true;
      },
      addEventListener: (type: string, listener: (event: never) => void) => {
        this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
      },
    };
  }
}

export interface ScriptedServer {
  open: OpenWebSocket;
  /** Accepts the next ones and closes them at once with this code, as a server that refuses a page does. */
  refuseWith: number | undefined;
  /** Addresses at which nothing listens. */
  dead: string[];
  /** A v1 server says `ready` by itself; default true. */
  greets: boolean;
  sockets: ServerSocket[];
  /** The newest. */
  readonly socket: ServerSocket;
}

/** `v1` greets with `ready`; `plain` selects no subprotocol, which fails a client that offered one. */
export function scriptedServer(dialect: 'v1' | 'plain'): ScriptedServer {
  const sockets: ServerSocket[] = [];
  const server: ScriptedServer = {
    refuseWith: undefined,
    dead: [],
    greets: true,
    sockets,
    get socket() {
      const last = sockets.at(-1);
      if (last === undefined) throw new Error('no client has connected');
      return last;
    },
    open: (url, protocols) => {
      const offered = protocols[0] ?? '';
      const accepted = !server.dead.includes(url) && (dialect === 'v1') === (offered !== '');
      const socket = new ServerSocket(accepted ? offered : '');
      if (accepted) sockets.push(socket);
      queueMicrotask(() => {
        if (!accepted) return socket.close(1006);
        socket.open();
        if (server.refuseWith !== undefined) return socket.close(server.refuseWith);
        if (dialect === 'v1' && server.greets) socket.send(ready);
      });
      return socket.client;
    },
  };
  return server;
}
