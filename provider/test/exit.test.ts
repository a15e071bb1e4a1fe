// A program ends when it has nothing more to do, although it never closed its LLM, and not before its answer came; one that goes on does
// not keep the socket of an LLM that it has forgotten.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
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

test('an idle socket on v1 keeps no program running', { timeout: 20_000 }, async () => {
  // Late enough that only the wait for the answer keeps the program alive.
  const server = await serve({ onChat: (chat) => void setTimeout(() => chat.answer('Hi.'), 300) });
  expect(await run(server.url, 'ask')).toEqual({ code: 0, output: 'answer: Hi.\n' });
});

test('a socket opened ahead on plain keeps no program running', { timeout: 20_000 }, async () => {
  const server = await serve({
    dialect: 'plain',
    onChat: (chat) => void setTimeout(() => chat.answer('Hi.'), 300),
  });
  expect(await run(server.url, 'ask')).toEqual({ code: 0, output: 'answer: Hi.\n' });
});

test('a handshake that hangs keeps no program running', { timeout: 20_000 }, async () => {
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => {
    mute.close();
  });
  const { port } = mute.address() as { port: number };
  const startedAt = performance.now();
  expect(await run(`ws://127.0.0.1:${port}`, 'prewarm')).toEqual({ code: 0, output: 'prewarmed\n' });
  expect(performance.now() - startedAt).toBeLessThan(8_000);
});

test('an LLM that nobody holds any more closes its socket', { timeout: 20_000 }, async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Hi.') });
  const forgetful = fileURLToPath(new URL('fixtures/forgetful-program.ts', import.meta.url));
  const options = ['--expose-gc', '--conditions=source', '--import', 'tsx'];
  const child = spawn(process.execPath, [...options, forgetful, server.url]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await server.until(() => server.chats.length === 1);
  const code = new Promise((resolve) => server.chats[0]?.socket.once('close', resolve));
  expect(await code).toBe(1000);
  expect(child.exitCode).toBeNull();
});
