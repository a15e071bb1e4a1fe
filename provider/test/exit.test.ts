// A program ends when it has nothing more to do, although it never closed its LLM, and not before its answer came.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Chat } from '../../test/stand-ins/scripted-server.ts';
import { serve } from './harness.ts';

const program = fileURLToPath(new URL('fixtures/idle-program.ts', import.meta.url));

/** Runs the program; what it printed, once it has ended by itself. */
async function run(...args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', program, ...args]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

/** A server that takes connections and never says anything. */
async function startMute(): Promise<string> {
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => {
    mute.close();
  });
  const { port } = mute.address() as { port: number };
  return `ws://127.0.0.1:${port}`;
}

// One program for all three: starting it takes longer than what is tested.
test(
  'neither an idle socket, nor one opened ahead on plain, nor a handshake that hangs keeps a program running',
  { timeout: 30_000 },
  async () => {
    // Late enough that only the wait for the answer keeps the program alive.
    const onChat = (chat: Chat): void => void setTimeout(() => chat.answer('Hi.'), 300);
    const [kept, plain, mute] = [
      await serve({ onChat }),
      await serve({ dialect: 'plain', onChat }),
      await startMute(),
    ];
    expect(await run('ask', kept.url, 'ask', plain.url, 'prewarm', mute)).toEqual({
      code: 0,
      output: 'answer: Hi.\nanswer: Hi.\nprewarmed\nended with 3 LLMs\n',
    });
  },
);
