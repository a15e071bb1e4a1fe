/** One process that is measured: started from its source, ready when it says its port, gone when its owner is. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Child {
  port: number;
  send(message: object): void;
  /** Hears every message from now on. */
  onMessage(hear: (message: unknown) => void): void;
  stop(): Promise<void>;
}

/** `script` is a path from this folder. Of this process's environment the child gets the search path alone. */
export async function startChild(script: string, env: Record<string, string> = {}): Promise<Child> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    execArgv: ['--import', 'tsx', '--conditions=source'],
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
  return {
    port,
    send: (message) => void child.send(message),
    onMessage: (hear) => void child.on('message', hear),
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await ended;
    },
  };
}
