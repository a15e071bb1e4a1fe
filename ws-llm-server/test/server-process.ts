/** The server as its operator starts it, from its sources; killed when the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface ServerProcess {
  child: ChildProcess;
  /** What it has written to the streams that are pipes of this test. */
  output: () => string;
  /** Its exit code; null: a signal ended it. */
  exited: Promise<number | null>;
  /** Resolves with the first group of what `pattern` matches in the output, or with all of it. */
  says(pattern: RegExp): Promise<string>;
}

/** Where the process writes: the test reads it, or a file descriptor. */
export interface ProcessOutput {
  stdout?: number | 'pipe';
  stderr?: number | 'pipe';
}

export function startProcess(
  env: Record<string, string>,
  { stdout = 'pipe', stderr = 'pipe' }: ProcessOutput = {},
): ServerProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', main], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
    stdio: ['ignore', stdout, stderr],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  let wake = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      wake();
    });
  }
  const exited = once(child, 'close').then(([code]: unknown[]) => {
    wake();
    return typeof code === 'number' ? code : null;
  });
  return {
    child,
    output: () => text,
    exited,
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) return match[1] ?? match[0];
        if (child.exitCode !== null) throw new Error(`exited with ${child.exitCode}: ${text}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** A port that was free a moment ago, for a process whose first screen cannot be read. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
