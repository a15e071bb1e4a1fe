/** Owns our built server as a process of its own, and what its first screen says of it. Knows nothing of the model behind it. */
import { TestSocket } from '../../stand-ins/test-socket.ts';
import type { Environment, RunningProcess } from './child-process.ts';
import { startOurProgram } from './our-program.ts';

export interface OurServer {
  readonly process: RunningProcess;
  /** `ws://127.0.0.1:<port>/` */
  readonly url: string;
  /** `http://localhost:<port>/`: the chat page, health, models. */
  readonly pageUrl: string;
  /** A v1 client that has read its `ready`. */
  connect(): Promise<TestSocket>;
  /** Resolves when it is gone. `graceMs` 0 is how a machine that fails ends it. */
  stop(graceMs?: number): Promise<void>;
}

/** Resolves when it serves, on a free port where `env`, which is laid over the environment, names none. */
export async function startOurServer(env: Environment): Promise<OurServer> {
  const [server, lastLine] = await startOurProgram({
    name: 'ws-llm-server',
    script: new URL('../../../ws-llm-server/dist/main.js', import.meta.url),
    env: { PORT: '0', ...env },
    ready: /^ +chat +http:/,
  });
  const addressIn = (line: string): string => line.trim().replace(/^\w+ +/, '');
  const url = addressIn(await server.waitForLine(/^ +socket +ws:/));
  return {
    process: server,
    url,
    pageUrl: addressIn(lastLine),
    async connect() {
      const client = await TestSocket.open(url, ['ws-llm.v1']);
      await client.nextOf('ready');
      return client;
    },
    async stop(graceMs) {
      await server.stop(graceMs);
    },
  };
}
