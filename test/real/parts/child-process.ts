/**
 * Owns one real process: its output, kept for reports of failure, when it is ready, and its end.
 * Knows nothing of what the program does.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const KEPT_OUTPUT_CHARS = 200_000;
const REPORTED_LINES = 40;
const HTTP_POLL_MS = 50;
const DEFAULT_READY_MS = 60_000;
const DEFAULT_GRACE_MS = 10_000;

/** Variables to lay over an environment; `undefined` takes one away. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What to start. */
export interface ChildProcessOptions {
  command: string;
  args?: readonly string[];
  cwd?: string;
  /** Laid over the environment of this process. */
  env?: Environment;
  /** How the process is called in errors. Default: the file name of the command. */
  name?: string;
}

/** A started process. Whoever starts one stops it. */
export interface RunningProcess {
  readonly pid: number;
  /** All that it wrote on both its outputs so far, in order of arrival (the last 200 000 characters). */
  readonly output: string;
  readonly running: boolean;
  /**
   * Resolves with the first line of output, past or future, that matches.
   * @throws Error with the last output, where the process ends first or the deadline (default 60 s) passes.
   */
  waitForLine(pattern: RegExp, deadlineMs?: number): Promise<string>;
  /** Resolves once a GET of the address is answered with a 2xx status. Throws as `waitForLine` does. */
  waitForHttp(url: string, deadlineMs?: number): Promise<void>;
  /** SIGTERM, then SIGKILL after the grace (default 10 s). Resolves when the process is gone; may be called again. */
  stop(graceMs?: number): Promise<ProcessEnd>;
  /** Resolves when the process is gone, however it ended. */
  readonly ended: Promise<ProcessEnd>;
}

/** How a process ended: with a code of its own, or by a signal. */
interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Starts a process without a shell between. Rejects where it cannot be started. */
export async function startProcess(options: ChildProcessOptions): Promise<RunningProcess> {
  const { command, args = [], name = basename(command) } = options;
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: mergeEnvironment(options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  return follow(child, name);
}

function follow(child: ChildProcess, name: string): RunningProcess {
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error(`${name} was not started`);

  let output = '';
  let end: ProcessEnd | undefined;
  const watchers = new Set<() => void>();
  const notify = () => {
    for (const watch of watchers) watch();
  };
  const keep = (text: string) => {
    output = (output + text).slice(-KEPT_OUTPUT_CHARS);
    notify();
  };
  stdout.setEncoding('utf8').on('data', keep);
  stderr.setEncoding('utf8').on('data', keep);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (code, signal) => {
      end = { code, signal };
      resolve(end);
      notify();
    });
  });

  const failure = (what: string) => {
    const state = end === undefined ? '' : ` (ended with ${end.signal ?? `code ${end.code}`})`;
    const lines = output.trimEnd().split('\n').slice(-REPORTED_LINES).join('\n');
    return new Error(`${name}: ${what}${state}. Its last output:\n${lines}`);
  };

  return {
    pid,
    ended,
    get output() {
      return output;
    },
    get running() {
      return end === undefined;
    },

    waitForLine(pattern, deadlineMs = DEFAULT_READY_MS) {
      return new Promise((resolve, reject) => {
        const settle = (how: () => void) => {
          clearTimeout(timer);
          watchers.delete(look);
          how();
        };
        const look = () => {
          const line = output.split('\n').find((candidate) => pattern.test(candidate));
          if (line !== undefined) settle(() => resolve(line));
          else if (end !== undefined) settle(() => reject(failure(`ended before it wrote ${pattern}`)));
        };
        const timer = setTimeout(() => {
          settle(() => reject(failure(`did not write ${pattern} within ${deadlineMs} ms`)));
        }, deadlineMs);
        watchers.add(look);
        look();
      });
    },

    async waitForHttp(url, deadlineMs = DEFAULT_READY_MS) {
      const deadline = Date.now() + deadlineMs;
      while (!(await answers(url, deadlineMs))) {
        if (end !== undefined) throw failure(`ended before ${url} answered`);
        if (Date.now() > deadline) throw failure(`did not answer on ${url} within ${deadlineMs} ms`);
        await delay(HTTP_POLL_MS);
      }
    },

    async stop(graceMs = DEFAULT_GRACE_MS) {
      if (end !== undefined) return end;
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
      try {
        return await ended;
      } finally {
        clearTimeout(kill);
      }
    },
  };
}

async function answers(url: string, deadlineMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function mergeEnvironment(changes: Environment): NodeJS.ProcessEnv {
  const merged: NodeJS.ProcessEnv = { ...process.env, ...changes };
  for (const [key, value] of Object.entries(merged)) if (value === undefined) delete merged[key];
  return merged;
}
