/**
 * The worker says which servers it uses and whether they answer, and Ctrl+C ends it, with all its
 * processes, within a second while there is no session.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** A port on which no server listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Processes that this one has started, and those that they have started. */
async function descendantsOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => ''));
  const children = (await Promise.all(lists)).join(' ').split(/\s+/).filter(Boolean).map(Number);
  const further = await Promise.all(children.map(descendantsOf));
  return [...children, ...further.flat()];
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('with neither server there it says so in words, and Ctrl+C ends it within a second', async () => {
  const [livekit, persona] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['--conditions=source', '--import', tsx, main, 'start'], {
    cwd: tmpdir(),
    env: {
      PATH: process.env['PATH'],
      LIVEKIT_URL: `ws://127.0.0.1:${livekit}`,
      LIVEKIT_API_KEY: 'devkey',
      LIVEKIT_API_SECRET: 'a-secret-that-is-long-enough',
      DEEPGRAM_API_KEY: 'd',
      CARTESIA_API_KEY: 'c',
      WS_LLM_URL: `ws://127.0.0.1:${persona}`,
      AGENT_NAME: 'healthcare',
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const wait = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(output) && child.exitCode === null) await sleep(20);
  };
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  await wait(/the agent starts.*\n/);
  const line = output.split('\n').find((text) => text.includes('the agent starts')) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({
    personaServer: `ws://127.0.0.1:${persona}`,
    personaServerAnswers: false,
    livekit: `ws://127.0.0.1:${livekit}`,
    livekitAnswers: false,
    rooms: 'joins the rooms that ask for the agent "healthcare" (AGENT_NAME)',
  });
  // LiveKit starts its own processes now, and pauses between two attempts to connect.
  while ((await descendantsOf(child.pid ?? 0)).length === 0 && child.exitCode === null) await sleep(20);
  await wait(/retrying in/);
  const processes = await descendantsOf(child.pid ?? 0);
  expect(processes.length).toBeGreaterThan(0);
  const exited = once(child, 'exit');
  const askedAt = performance.now();
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  expect(performance.now() - askedAt).toBeLessThan(1_000);
  while (processes.some(isRunning)) await sleep(20);
  expect(performance.now() - askedAt).toBeLessThan(2_000);
}, 30_000);
