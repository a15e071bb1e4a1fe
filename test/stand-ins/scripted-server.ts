/**
 * A server that says exactly what a test wants, and remembers what it was told: v1, or plain as the public proof of concept.
 * Knows the wire only by its JSON, so that it cannot share a mistake with the code under test.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export type Frame = { type: string; id?: string } & Record<string, unknown>;

/** One `chat` that a client sent, and the ways to answer it. */
export interface Chat {
  readonly id: string;
  readonly frame: Frame;
  /** Counts from 1, in the order of their arrival. */
  readonly number: number;
  /** Counts from 1, in the order in which they were opened. */
  readonly connection: number;
  readonly socket: WebSocket;
  send(frame: Record<string, unknown>): void;
  delta(content: string): void;
  complete(keys?: Record<string, unknown>): void;
  /** Deltas, then `complete`. */
  answer(...pieces: string[]): void;
  error(code: string, keys?: Record<string, unknown>): void;
}

export interface Script {
  dialect?: 'v1' | 'plain';
  /** Merged into `ready`; `null` sends none. */
  ready?: Record<string, unknown> | null;
  limits?: Record<string, number>;
  onChat?: (chat: Chat) => void;
  /** Refuses the handshake with this HTTP status. */
  refuse?: () => number | undefined;
  port?: number;
}

const limits = {
  frame_bytes: 1_048_575,
  messages: 2_000,
  list_bytes: 1_048_576,
  mirrors: 8,
  open_requests: 16,
  tool_bytes: 131_072,
  id_chars: 128,
  key_chars: 128,
  buffered_bytes: 1_048_576,
  stalled_ms: 10_000,
  reply_chars: 100_000,
  first_token_ms: 30_000,
  idle_ms: 30_000,
  total_ms: 300_000,
  ping_interval_ms: 20_000,
  silence_ms: 30_000,
};

const persona = { name: 'tester', title: 'Tester', greeting: 'Hello there.', suggestions: [] };

export class ScriptedServer {
  readonly frames: Frame[] = [];
  readonly chats: Chat[] = [];
  /** The HTTP requests of all handshakes, refused ones included. */
  readonly handshakes: IncomingMessage[] = [];
  readonly #script: Script;
  readonly #http = createServer();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (this.#isPlain || !offered.has('ws-llm.v1') ? false : 'ws-llm.v1'),
  });
  #connections = 0;
  readonly #waiting = new Set<() => void>();

  constructor(script: Script) {
    this.#script = script;
    this.#http.on('upgrade', (request, socket, head) => {
      this.handshakes.push(request);
      const status = script.refuse?.();
      if (status === undefined) {
        this.#sockets.handleUpgrade(request, socket, head, (client) => this.#accept(client));
      } else socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Sockets opened since the start; those on which a plain server selected no subprotocol that was offered do not count. */
  get connections(): number {
    return this.#connections;
  }

  get openSockets(): number {
    return [...this.#sockets.clients].filter((client) => client.readyState === WebSocket.OPEN).length;
  }

  framesOf(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** Resolves once `condition` holds; it is asked again after everything that happens. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  async listen(): Promise<this> {
    this.#http.listen(this.#script.port ?? 0, '127.0.0.1');
    await once(this.#http, 'listening');
    return this;
  }

  /** Sends a frame to every client. */
  broadcast(frame: Record<string, unknown>): void {
    for (const client of this.#sockets.clients) client.send(JSON.stringify(frame));
  }

  closeClients(code: number, reason = ''): void {
    for (const client of this.#sockets.clients) client.close(code, reason);
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    if (!this.#http.listening) return;
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }

  get #isPlain(): boolean {
    return this.#script.dialect === 'plain';
  }

  #accept(socket: WebSocket): void {
    // A client that offered v1 to a plain server gives up by itself.
    const counted = !this.#isPlain || this.handshakes.at(-1)?.headers['sec-websocket-protocol'] === undefined;
    if (counted) this.#connections += 1;
    const connection = this.#connections;
    if (!this.#isPlain && this.#script.ready !== null) socket.send(JSON.stringify(this.#ready()));
    socket.on('message', (data) =>
      this.#receive(socket, connection, Buffer.isBuffer(data) ? data.toString() : ''),
    );
    socket.on('close', () => this.#happened());
    socket.on('error', () => {});
    this.#happened();
  }

  #ready(): Record<string, unknown> {
    return {
      type: 'ready',
      server: 'scripted 1',
      persona,
      personas: [persona],
      backend: 'demo',
      model: 'scripted-1',
      features: ['standalone', 'tools', 'params', 'instructions', 'deadlines'],
      limits: { ...limits, ...this.#script.limits },
      ...this.#script.ready,
    };
  }

  #receive(socket: WebSocket, connection: number, text: string): void {
    const frame = JSON.parse(text) as Frame;
    this.frames.push(frame);
    if (frame.type === 'cancel') {
      socket.send(JSON.stringify(completeFrame(String(frame.id), { finish_reason: 'cancelled' })));
    }
    if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
    if (frame.type === 'chat') this.#chat(socket, connection, frame);
    this.#happened();
  }

  #chat(socket: WebSocket, connection: number, frame: Frame): void {
    const id = String(frame.id);
    const isPlain = this.#isPlain;
    let said = '';
    const send = (out: Record<string, unknown>): void => socket.send(JSON.stringify(out));
    const chat: Chat = {
      id,
      frame,
      number: this.chats.length + 1,
      connection,
      socket,
      send,
      delta: (content) => {
        said += content;
        send(isPlain ? { type: 'delta', content } : { type: 'delta', id, content });
      },
      complete: (keys) => send(isPlain ? { type: 'complete', content: said } : completeFrame(id, keys)),
      answer: (...pieces) => {
        for (const piece of pieces) chat.delta(piece);
        chat.complete();
      },
      error: (code, keys) =>
        send(
          isPlain
            ? { type: 'error', message: code }
            : { type: 'error', id, code, message: `scripted ${code}`, retryable: true, ...keys },
        ),
    };
    this.chats.push(chat);
    this.#script.onChat?.(chat);
  }

  #happened(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

function completeFrame(id: string, keys: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'complete',
    id,
    finish_reason: 'stop',
    usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14, cached_tokens: 8 },
    timing: { queue_ms: 0.1, first_token_ms: 5, total_ms: 9 },
    model: 'scripted-1',
    backend: 'demo',
    ...keys,
  };
}

export async function startScriptedServer(script: Script = {}): Promise<ScriptedServer> {
  return new ScriptedServer(script).listen();
}
