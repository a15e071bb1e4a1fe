/**
 * The two owners of connections, with the same four things to do: open, warm, chat and close. Knows
 * no scripts.
 */
import { llm } from '@livekit/agents';
import { Connection, type ConnectionOptions, type OpenWebSocket, type WebSocketLike } from '@ws-llm/client';
import { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { WebSocket } from 'ws';
import type { ClosingScript } from './closing-script.ts';

export interface ClosingOwner {
  /** Everything that it returns settles once the owner has closed. */
  open(): Promise<unknown>;
  warm(): void;
  chat(timeoutMs: number, abort: AbortSignal): Promise<unknown>;
  close(): void;
}

/** As a page sees a socket: errors without words, no headers, no way to cut the line. */
function ofBrowser(socket: WebSocket): WebSocketLike {
  return new Proxy(socket, {
    get(target, key) {
      if (key === 'terminate' || key === 'on') return undefined;
      if (key === 'addEventListener') {
        return (type: 'error', listener: (event: object) => void) =>
          target.addEventListener(type, type === 'error' ? () => listener({}) : listener);
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** @param sockets gets every socket that a `Connection` was given */
export function createOwner(script: ClosingScript, url: string, sockets: WebSocket[]): ClosingOwner {
  const token = tokenOf(script, () => owner.close());
  const owner: ClosingOwner =
    script.kind === 'WebSocketLLM' ? ownedLLM(url, token) : ownedConnection(script, { url, token }, sockets);
  return owner;
}

type Token = (() => Promise<string>) | undefined;

function tokenOf({ token }: ClosingScript, close: () => void): Token {
  switch (token) {
    case 'none':
      return undefined;
    case 'late':
      return () => new Promise((resolve) => setTimeout(() => resolve('t'), 3));
    case 'failing':
      return () => Promise.reject(new Error('there is no token'));
    case 'closes':
      return async () => {
        close();
        return 't';
      };
  }
}

function ownedConnection(
  { kind, closesIn }: ClosingScript,
  { url, token }: { url: string; token: Token },
  sockets: WebSocket[],
): ClosingOwner {
  const open: OpenWebSocket = (address, protocols) => {
    if (closesIn === 'open()') connection.close();
    const socket = new WebSocket(address, protocols);
    sockets.push(socket);
    return kind === 'connection of a browser' ? ofBrowser(socket) : socket;
  };
  const options: ConnectionOptions = {
    url,
    open,
    connectTimeoutMs: 300,
    backOffMs: { first: 1, max: 4 },
    ...(token !== undefined && { token }),
    onState: ({ type }) => {
      if (type === closesIn) connection.close();
    },
  };
  const connection = new Connection(options);
  return {
    open: () => connection.open(),
    warm: () => void connection.channel?.warm({ messages: [] }),
    chat: async (_timeoutMs, abort) => {
      const channel = await connection.open();
      if (abort.aborted || !channel.open) return;
      await new Promise<void>((resolve) => {
        const sink = { part: () => {}, end: () => resolve() };
        const reply = channel.chat({ messages: [{ role: 'user', content: 'Hi' }] }, sink);
        abort.addEventListener('abort', () => reply.cancel(), { once: true });
      });
    },
    close: () => connection.close(),
  };
}

function ownedLLM(url: string, token: Token): ClosingOwner {
  const model = new WebSocketLLM({ url, connectTimeoutMs: 300, ...(token !== undefined && { token }) });
  return {
    open: () => model.ready(),
    warm: () => model.prewarm(),
    chat: async (timeoutMs, abort) => {
      const chatCtx = llm.ChatContext.empty();
      chatCtx.addMessage({ role: 'user', content: 'Hi' });
      const connOptions = { maxRetry: 1, retryIntervalMs: 1, timeoutMs };
      const stream = model.chat({ chatCtx, connOptions });
      abort.addEventListener('abort', () => stream.close(), { once: true });
      while (!(await stream.next()).done);
      stream.close();
    },
    close: () => void model.aclose(),
  };
}
