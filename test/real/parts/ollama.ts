/** Owns one running Ollama on a free port with a folder of models of its own. Knows nothing of where either is installed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from './child-process.ts';
import { freePort } from './free-port.ts';
import { ProcessBrake } from './process-brake.ts';
import { startTogether } from './started-parts.ts';

/** Where Ollama and its models are. */
export interface OllamaOptions {
  /** The `ollama` program. */
  program: string;
  /** What OLLAMA_MODELS is set to. */
  modelsFolder: string;
  /** Further variables for the process. */
  env?: Record<string, string>;
}

/** An Ollama that answers. */
export interface RunningOllama {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** What it logged so far. */
  readonly output: string;
  /** Stops the processes that run the models, in the middle of a reply, and lets them go on. */
  readonly brake: ProcessBrake;
  /** Ends it and its model runners; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts Ollama and resolves when it answers (no model is loaded yet). Rejects with its output where it does not. */
export function startOllama({ program, modelsFolder, env = {} }: OllamaOptions): Promise<RunningOllama> {
  return startTogether(async (started) => {
    // It writes a key pair into its home; the user's own one is left alone.
    const home = await mkdtemp(join(tmpdir(), 'ws-llm-ollama-'));
    started.later(() => rm(home, { recursive: true, force: true }));
    const host = `127.0.0.1:${await freePort()}`;
    const ollama = started.add(
      await startProcess({
        command: program,
        args: ['serve'],
        env: { ...env, OLLAMA_HOST: host, OLLAMA_MODELS: modelsFolder, HOME: home },
      }),
    );
    const brake = new ProcessBrake(ollama.pid);
    started.later(async () => brake.release());
    const url = `http://${host}`;
    await ollama.waitForHttp(url);
    return {
      url,
      pid: ollama.pid,
      brake,
      get output() {
        return ollama.output;
      },
    };
  });
}
