/** Connections for tests: to a scripted server, over `ws`, short pauses, closed with the test. */
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import {
  Connection,
  type ConnectionOptions,
  type ConnectionState,
  type OpenWebSocket,
  type WebSocketLike,
} from '../src/index.ts';

export const overWs: OpenWebSocket = (url, protocols, headers) => new WebSocket(url, protocols, { headers });

/** As a page in a browser sees it: errors without words, no headers, no pings, no way to cut the line. */
export const overBrowser = (url: string, protocols: string[]): WebSocketLike =>
  new Proxy(new WebSocket(url, protocols), {
    get(socket, key) {
      if (key === 'terminate' || key === 'on') return undefined;
      if (key === 'addEventListener') {
        return (type: 'error', listener: (event: object) => void) =>
          socket.addEventListener(type, type === 'error' ? () => listener({}) : listener);
      }
      const value: unknown = Reflect.get(socket, key, socket);
      return typeof value === 'function' ? value.bind(socket) : value;
    },
  });

/** A connection that was not opened yet, and every state that it enters. */
export class WatchedConnection extends Connection {
  readonly states: ConnectionState[];
  readonly #watchers: Set<() => void>;

  constructor(options: Partial<ConnectionOptions> & { url: string }) {
    const states: ConnectionState[] = [];
    const watchers = new Set<() => void>();
    super({
      open: overWs,
      backOffMs: { first: 1, max: 2 },
      ...options,
      onState: (state) => {
        states.push(state);
        options.onState?.(state);
        for (const watcher of watchers) watcher();
      },
    });
    this.states = states;
    this.#watchers = watchers;
    onTestFinished(() => this.close());
  }

  /** The state of type `type` that is entered for the `times`-th time, counted from the beginning. */
  async entered<T extends ConnectionState['type']>(
    type: T,
    times = 1,
  ): Promise<Extract<ConnectionState, { type: T }>> {
    for (;;) {
      const found = this.states.filter(
        (state): state is Extract<ConnectionState, { type: T }> => state.type === type,
      )[times - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }
}
