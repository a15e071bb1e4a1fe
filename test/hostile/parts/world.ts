/**
 * The scene of an attack: the server as a process with a heap of 512 MB, the hostile model in front
 * of which it stands as another, and what is measured meanwhile. Everything ends with its test.
 */
import { onTestFinished, type TestContext } from 'vitest';
import { TestSocket } from '../../stand-ins/test-socket.ts';
import type { Child, ChildOptions } from './child.ts';
import { emptyFigures, type Figures } from './figures.ts';
import { type BackendName, Model } from './model.ts';
import { listeningServer, sharedServer } from './servers.ts';
import { Watch } from './watch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Default: source. */
    serverCode?: 'built' | 'source';
    budgetSeconds?: number;
  }
}

export interface WorldOptions extends Pick<ChildOptions, 'fileLimit' | 'logLimitKb' | 'stderr'> {
  clause: string;
  /** Default: openai. */
  backend?: BackendName;
  env?: Record<string, string>;
  nodeArguments?: readonly string[];
  /** Uses a server that another test of this file was served by, where it still runs. */
  isShared?: boolean;
}

export class World {
  readonly model: Model;
  readonly server: Child;
  readonly port: number;
  readonly figures: Figures;
  readonly watch: Watch;
  readonly #logStart: number;
  readonly #logBytesBefore: number;

  constructor(parts: Pick<World, 'model' | 'server' | 'port' | 'figures' | 'watch'>) {
    this.model = parts.model;
    this.server = parts.server;
    this.port = parts.port;
    this.figures = parts.figures;
    this.watch = parts.watch;
    this.#logStart = this.server.output.length;
    this.#logBytesBefore = this.server.outputBytes;
  }

  /** What the server has written since this world began. */
  get log(): string {
    return this.server.output.slice(this.#logStart);
  }

  get logBytes(): number {
    return this.server.outputBytes - this.#logBytesBefore;
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

/**
 * Starts the model and the server, or takes those that run, and measures from then on; `task` gets
 * the figures.
 */
export async function startWorld({ task }: Pick<TestContext, 'task'>, options: WorldOptions): Promise<World> {
  const { clause, backend = 'openai', env = {}, isShared = false, ...rest } = options;
  const figures = emptyFigures(clause);
  task.meta.figures = figures;
  const model = await Model.shared();
  const asked = { ...rest, env: { ...model.environment(backend), ...env } };
  const { server, port } = isShared ? await sharedServer(asked) : await listeningServer(asked);
  if (!isShared) onTestFinished(async () => void (await server.stop()));
  const watch = new Watch({ server, port, model, figures });
  // Before the processes end: hooks run in the reverse order.
  onTestFinished(() => watch.stop());
  return new World({ model, server, port, figures, watch });
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
