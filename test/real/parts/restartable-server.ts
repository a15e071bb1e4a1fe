/** Owns our built server on one address, where it can be stopped and started again, as a machine that restarts it would. */
import type { Environment } from './child-process.ts';
import { type OurServer, startOurServer } from './our-server.ts';

export class RestartableServer {
  readonly url: string;
  readonly #env: Environment;
  #server: OurServer;

  private constructor(server: OurServer, env: Environment) {
    this.url = server.url;
    this.#env = { ...env, PORT: new URL(server.url).port };
    this.#server = server;
  }

  /** Resolves when it serves. `env`: laid over the environment. */
  static async start(env: Environment): Promise<RestartableServer> {
    return new RestartableServer(await startOurServer(env), env);
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    this.#server = await startOurServer(this.#env);
  }

  /** Resolves when it is gone. `graceMs` 0 is how a machine that fails ends it. */
  async stop(graceMs?: number): Promise<void> {
    await this.#server.stop(graceMs);
  }
}
