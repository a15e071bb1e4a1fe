/** From starting the process to its listening: against a process of the same Node that does nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { serverScript } from '../child.ts';
import { monotonicMs } from '../monotonic-clock.ts';
import type { Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

export async function startGroup({ samples, code }: RowOptions): Promise<Group> {
  const main = fileURLToPath(new URL(`../${serverScript(code)}`, import.meta.url));
  const source = code === 'source' ? ['--import', 'tsx', '--conditions=source'] : [];
  const env = { PATH: process.env['PATH'], PORT: '0', LLM_BACKEND: 'demo', LOG_LEVEL: 'warn' };
  const each = async (args: string[], isServer: boolean): Promise<number[]> => {
    const took: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) took.push(await start(args, env, isServer));
    return took;
  };
  return {
    name: 'start to listening',
    unit: 'ms',
    isFresh: true,
    comparison: 'difference',
    control: { name: 'node -e 0', run: () => each(['-e', '0'], false) },
    cases: [{ name: 'server', run: () => each([...source, main], true) }],
    close: async () => undefined,
  };
}

async function start(args: string[], env: NodeJS.ProcessEnv, isServer: boolean): Promise<number> {
  const startedAt = monotonicMs();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let readyAt = 0;
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (readyAt > 0 || !/ws:\/\/\S+:\d+/.test(output)) return;
    readyAt = monotonicMs();
    child.kill();
  });
  await exited;
  if (!isServer) return monotonicMs() - startedAt;
  if (readyAt === 0) throw new Error(`the server ended before it listened: ${output}`);
  return readyAt - startedAt;
}
