/** Owns our built server on one address, where it can be stopped and started again, as a machine that restarts it would. */
import { fileURLToPath } from 'node:url';
import { startProcess, type RunningProcess } from './child-process.ts';
import { freePort } from './free-port.ts';

const main = fileURLToPath(new URL('../../../ws-llm-server/dist/main.js', import.meta.url));

export class RestartableServer {
  readonly #port: number;
  readonly #env: Record<string, string | undefined>;
  #process: RunningProcess | undefined;

  private constructor(port: number, env: Record<string, string | undefined>) {
    this.#port = port;
    this.#env = env;
  }

  /** Resolves when it serves. `env`: laid over the environment. */
  static async start(env: Record<string, string | undefined>): Promise<RestartableServer> {
    const server = new RestartableServer(await freePort(), env);
    await server.start();
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    this.#process = await startProcess({
      name: 'ws-llm-server',
      command: process.execPath,
      args: [main],
      env: { ...this.#env, PORT: String(this.#port) },
    });
    await this.#process.waitForLine(/chat +http:/);
  }

  /** Resolves when it is gone. `graceMs` 0 is how a machine that fails ends it. */
  async stop(graceMs?: number): Promise<void> {
    await this.#process?.stop(graceMs);
  }
}
