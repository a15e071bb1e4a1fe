/** Owns how a built program of ours is started: without a .env that somebody has for themselves, and until it says that it is ready. */
import { fileURLToPath } from 'node:url';
import { type Environment, type RunningProcess, startProcess } from './child-process.ts';

/** A machine that has other work takes its time to load all that a worker is. */
const readyWithinMs = 150_000;

export interface OurProgramOptions {
  /** How it is called in errors. */
  name: string;
  /** What a build has made of it. */
  script: URL;
  args?: readonly string[];
  /** Laid over the environment. */
  env: Environment;
  /** The line with which it is ready. */
  ready: RegExp;
  /** Set: what starts it in its turn, with arguments that go before the program's. */
  under?: readonly [command: string, ...args: string[]] | undefined;
}

/** Resolves with the program and that line. Rejects with its output, when it has been stopped, where the line does not come. */
export async function startOurProgram(options: OurProgramOptions): Promise<[RunningProcess, string]> {
  const { name, script, args = [], env, ready, under = [] } = options;
  const [command, ...words] = [...under, process.execPath, fileURLToPath(script), ...args];
  const program = await startProcess({
    name,
    command,
    args: words,
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env,
  });
  try {
    return [program, await program.waitForLine(ready, readyWithinMs)];
  } catch (error) {
    await program.stop();
    throw error;
  }
}
