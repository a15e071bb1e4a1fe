/** Owns our built worker as a process of its own. Knows nothing of what it is told, nor of the rooms that it takes. */
import type { Environment, RunningProcess } from './child-process.ts';
import { startOurProgram } from './our-program.ts';

/** Resolves when LiveKit knows it. `env`: laid over the environment. `name`: how it is called in errors. */
export async function startOurWorker(env: Environment, name = 'agent'): Promise<RunningProcess> {
  const [worker] = await startOurProgram({
    name,
    script: new URL('../../../agent/dist/main.js', import.meta.url),
    args: ['start'],
    env,
    ready: /registered worker/,
  });
  return worker;
}
