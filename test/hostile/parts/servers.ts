/**
 * The server under attack, as a process with a small heap: one for a test, or one for several tests
 * that ask for the same.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, inject } from 'vitest';
import { Child, type ChildOptions } from './child.ts';

export type ServerOptions = Omit<ChildOptions, 'script'>;

export interface RunningServer {
  server: Child;
  port: number;
}

const heapMb = 512;

/** The process, not waited for. */
export function startServer({ nodeArguments = [], env = {}, ...rest }: ServerOptions): Child {
  // From its source it needs no build; figures that count are of the built one.
  const built = inject('serverCode') === 'built';
  const path = `../../../ws-llm-server/${built ? 'dist/main.js' : 'src/main.ts'}`;
  const watch = fileURLToPath(new URL('loop-watch.mjs', import.meta.url));
  return new Child({
    ...rest,
    script: fileURLToPath(new URL(path, import.meta.url)),
    nodeArguments: [`--max-old-space-size=${heapMb}`, '--import', watch, ...nodeArguments],
    env: { PORT: '0', ...env },
  });
}

export async function listeningServer(options: ServerOptions): Promise<RunningServer> {
  const server = startServer(options);
  return { server, port: Number(await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//)) };
}

/** By what they were started with. */
const shared = new Map<string, Promise<RunningServer>>();

/**
 * One that runs already and was started with the same options, or a new one; ends after the file's
 * tests.
 */
export async function sharedServer(options: ServerOptions): Promise<RunningServer> {
  const key = JSON.stringify(options);
  let running = await shared.get(key);
  if (running === undefined || running.server.end !== undefined) {
    const starting = listeningServer(options);
    shared.set(key, starting);
    running = await starting;
  }
  // Its peak of memory is measured anew.
  writeFileSync(`/proc/${running.server.pid}/clear_refs`, '5');
  return running;
}

/** Ends those that were shared; to be called once in a file that shares one. */
export function endSharedServersAfterAll(): void {
  afterAll(async () => {
    for (const starting of shared.values()) await (await starting).server.stop();
  });
}
