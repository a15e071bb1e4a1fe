/**
 * One program that runs as long as its owner wants: its output goes into a file, its first lines are waited for, and its end, with all that
 * it started itself, is certain. Knows nothing of what the program does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Env } from '../config.ts';
import type { Lifetime } from '../lifetime.ts';

/** A worker that is told to stop would wait for its rooms. */
const graceMs = 4_000;
const keptChars = 8_000;
const reportedLines = 20;
const canGroup = process.platform !== 'win32';

export interface ChildOptions {
  name: string;
  /** Of a script for Node. */
  path: string;
  args?: readonly string[];
  env: Env;
  /** Gets all that it writes. */
  log: Writable;
  /** Stops it, also where the owner ends while it starts. */
  owner: Lifetime;
}

export interface Child {
  /**
   * Resolves with the first line of output, past or future, that matches.
   * @throws Error with its last output where it ends first, or does not write it in time
   */
  waitForLine(pattern: RegExp, withinMs: number): Promise<RegExpExecArray>;
  /** Resolves when it is gone, however that came; with its last output. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** @throws Error where the operating system cannot start it */
export async function startChild({ name, path, args = [], env, log, owner }: ChildOptions): Promise<Child> {
  // A group of its own: Ctrl+C reaches it only through its owner, and what it starts can be ended with it.
  const child = spawn(process.execPath, [...process.execArgv, path, ...args], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: canGroup,
  });
  let output = '';
  const watchers = new Set<() => void>();
  const keep = (text: string): void => {
    output = (output + text).slice(-keptChars);
    log.write(text);
    for (const watch of watchers) watch();
  };
  const lastLines = (): string => output.trimEnd().split('\n').slice(-reportedLines).join('\n');
  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(canGroup ? -child.pid : child.pid, signal);
    } catch {
      // It is gone already.
    }
  };
  const ended = new Promise<string>((resolve) => {
    child.once('close', () => resolve(lastLines()));
    // Never started: there is no output to wait for.
    child.once('error', (error) => {
      keep(`${error.message}\n`);
      if (child.pid === undefined) resolve(lastLines());
    });
  });
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  // What it started itself would keep its output open, and run on.
  child.once('exit', () => {
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), graceMs);
    void ended.then(() => clearTimeout(timer));
  });
  const stop = async (): Promise<void> => {
    if (child.pid === undefined) return;
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  };
  owner.own(stop);
  await once(child, 'spawn');
  return {
    ended,
    waitForLine: (pattern, withinMs) =>
      new Promise((resolve, reject) => {
        const settle = (how: () => void): void => {
          clearTimeout(timer);
          watchers.delete(look);
          how();
        };
        const fail = (what: string): void =>
          settle(() => reject(new Error(`${name} ${what}. Its last output:\n${lastLines()}`)));
        const look = (): void => {
          const match = pattern.exec(output);
          if (match !== null) settle(() => resolve(match));
        };
        const timer = setTimeout(() => fail(`is not ready after ${withinMs / 1_000} s`), withinMs);
        watchers.add(look);
        void ended.then(() => fail('has ended'));
        look();
      }),
    stop,
  };
}
