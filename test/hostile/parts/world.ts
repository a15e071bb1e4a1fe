/**
 * The scene of an attack: the server as a process with a heap of 512 MB, the hostile model in front
 * of which it stands as another, and what is measured meanwhile. Everything ends with its test.
 */
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished, type TestContext } from 'vitest';
import { TestSocket } from '../../stand-ins/test-socket.ts';
import { Child, type ChildOptions } from './child.ts';
import { emptyFigures, type Figures } from './figures.ts';
import { type BackendName, Model } from './model.ts';
import { Watch } from './watch.ts';

/** `source` needs no build; figures that count are of the built server. */
type ServerCode = 'built' | 'source';

declare module 'vitest' {
  interface ProvidedContext {
    serverCode?: ServerCode;
    budgetSeconds?: number;
  }
}

export interface WorldOptions extends Pick<ChildOptions, 'fileLimit' | 'logLimitKb' | 'stderr'> {
  clause: string;
  /** Default: openai. */
  backend?: BackendName;
  env?: Record<string, string>;
  nodeArguments?: readonly string[];
}

const heapMb = 512;

export class World {
  readonly model: Model;
  readonly server: Child;
  readonly port: number;
  readonly figures: Figures;
  readonly watch: Watch;

  constructor(parts: Pick<World, 'model' | 'server' | 'port' | 'figures' | 'watch'>) {
    this.model = parts.model;
    this.server = parts.server;
    this.port = parts.port;
    this.figures = parts.figures;
    this.watch = parts.watch;
  }

  /** Whether the server runs and answers `GET /health`. */
  async lives(withinMs = 2_000): Promise<boolean> {
    if (this.server.end !== undefined) return false;
    return this.watch.isHealthy(withinMs);
  }

  /** A v1 client; `ready` is read already. */
  async agent(path = '/'): Promise<TestSocket> {
    return this.#v1(path, {});
  }

  /** A v1 client with the rights of a sandboxed frame in any web page. */
  async guest(localAddress?: string): Promise<TestSocket> {
    return this.#v1('/', { origin: 'null', ...(localAddress !== undefined && { localAddress }) });
  }

  async #v1(path: string, options: { origin?: string; localAddress?: string }): Promise<TestSocket> {
    const asked = { ...options, handshakeTimeout: 5_000 };
    const socket = await TestSocket.open(`ws://127.0.0.1:${this.port}${path}`, ['ws-llm.v1'], asked);
    await socket.nextOf('ready');
    return socket;
  }
}

/** Starts the model and the server, and measures from then on; `task` gets the figures. */
export async function startWorld({ task }: Pick<TestContext, 'task'>, options: WorldOptions): Promise<World> {
  const { clause, backend = 'openai', env = {}, nodeArguments = [], ...rest } = options;
  const figures = emptyFigures(clause);
  task.meta.figures = figures;
  const model = await Model.shared();
  const server = startServer({
    ...rest,
    nodeArguments,
    env: { ...model.environment(backend), ...env },
  });
  onTestFinished(async () => void (await server.stop()));
  const port = Number(await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//));
  const watch = new Watch({ server, port, model, figures });
  // Before the processes end: hooks run in the reverse order.
  onTestFinished(() => watch.stop());
  return new World({ model, server, port, figures, watch });
}

/** The server alone, not waited for. */
export function startServer({ nodeArguments = [], env = {}, ...rest }: Omit<ChildOptions, 'script'>): Child {
  const built = inject('serverCode') === 'built';
  const path = `../../../ws-llm-server/${built ? 'dist/main.js' : 'src/main.ts'}`;
  const watch = fileURLToPath(new URL('loop-watch.mjs', import.meta.url));
  return new Child({
    ...rest,
    script: fileURLToPath(new URL(path, import.meta.url)),
    nodeArguments: [`--max-old-space-size=${heapMb}`, '--import', watch, ...nodeArguments],
    env: { PORT: '0', ...env },
  });
}

/** One turn of a v1 client on its own; rejects where the socket closes. */
export async function ask(
  socket: TestSocket,
  id: string,
  content: string,
  more: object = {},
): ReturnType<TestSocket['untilEnd']> {
  socket.send({ type: 'chat', id, messages: [{ role: 'user', content }], ...more });
  return socket.untilEnd();
}
