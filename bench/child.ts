/** One process that is measured: ready when it says its port, gone when its owner is, and asked for what it has used. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Since its start, or now. */
interface Use {
  /** Processor time of all its threads, in microseconds. */
  cpuUs: number;
  /** Bytes. */
  rss: number;
  /** Bytes of objects and buffers. */
  heap: number;
}

/** When the process did nothing else: it collected garbage, or its event loop stood still for whatever other reason. */
export interface Pause {
  why: 'garbage' | 'still';
  /** Of the monotonic clock, in milliseconds. */
  at: number;
  ms: number;
}

export interface Child {
  port: number;
  send(message: object): void;
  /** Hears every message from now on. */
  onMessage(hear: (message: unknown) => void): void;
  /** `collect`: garbage first. One at a time. */
  use(options?: { collect?: boolean }): Promise<Use>;
  /** Those since it was asked last; it is watched from the first time on. */
  pauses(): Promise<Pause[]>;
  stop(): Promise<void>;
}

export interface ChildOptions {
  env?: Record<string, string>;
  /** A module that runs before it, by its path from this folder. */
  preload?: string | undefined;
}

/** What its tests can run without a build; what is measured is built, as people run it. */
export type ServerCode = 'built' | 'source';

export function serverScript(code: ServerCode): string {
  return code === 'built' ? '../ws-llm-server/dist/main.js' : '../ws-llm-server/src/main.ts';
}

/** `script` is a path from this folder. Of this process's environment the child gets the search path alone. */
export async function startChild(script: string, { env = {}, preload }: ChildOptions = {}): Promise<Child> {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const planted = preload === undefined ? [] : ['--import', path(preload)];
  const source = script.endsWith('.ts') ? ['--import', 'tsx', '--conditions=source'] : [];
  const child = fork(path(script), {
    cwd: path('.'),
    execArgv: [...source, '--expose-gc', '--import', path('probe.mjs'), ...planted],
    env: { PATH: process.env['PATH'], ...env },
    silent: true,
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').finally(() => process.off('exit', kill));
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      const said = /(?:port |ws:\/\/127\.0\.0\.1:)(\d+)/.exec(output)?.[1];
      if (said !== undefined) resolve(Number(said));
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    const fail = (): void => reject(new Error(`${script} ended before it was ready:\n${output}`));
    ended.then(fail, fail);
  });
  let stopping = false;
  void ended.then(() => {
    // Whoever waits for it would wait for ever.
    if (!stopping) throw new Error(`${script} ended while it was measured:\n${output}`);
  });
  const ask = <Answer extends { type: string }>(question: object, type: Answer['type']): Promise<Answer> =>
    new Promise((resolve) => {
      const hear = (message: unknown): void => {
        if ((message as { type?: unknown }).type !== type) return;
        child.off('message', hear);
        resolve(message as Answer);
      };
      child.on('message', hear);
      child.send(question);
    });
  return {
    port,
    send: (message) => void child.send(message),
    onMessage: (hear) => void child.on('message', hear),
    use: ({ collect = false } = {}) => ask<Use & { type: 'used' }>({ type: 'use', collect }, 'used'),
    pauses: async () => {
      const { pauses } = await ask<{ type: 'paused'; pauses: Pause[] }>({ type: 'pauses' }, 'paused');
      return pauses;
    },
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await ended;
    },
  };
}
