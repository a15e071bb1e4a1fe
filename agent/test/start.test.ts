// The worker, started as a user starts it but without an environment, stops with one message for a person and not with a stack trace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Runs `main.ts start` in an empty folder that has this `.env`. */
async function start(
  dotenv: string,
  command = 'start',
): Promise<{ code: number; stdout: string; stderr: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'agent-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  await writeFile(join(cwd, '.env'), dotenv);
  const child = spawn(process.execPath, ['--conditions=source', '--import', tsx, main, command], {
    cwd,
    env: { PATH: process.env['PATH'] },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += String(data)));
  child.stderr.on('data', (data) => (stderr += String(data)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

test('without an environment it names all that is missing and exits with 1', async () => {
  const { code, stdout, stderr } = await start('');
  expect(code).toBe(1);
  expect(stdout).toBe('');
  for (const name of [
    'LIVEKIT_URL',
    'LIVEKIT_API_KEY',
    'LIVEKIT_API_SECRET',
    'DEEPGRAM_API_KEY',
    'CARTESIA_API_KEY',
  ]) {
    expect(stderr.split(`${name} is missing`)).toHaveLength(2);
  }
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('what stands in .env counts', async () => {
  const { code, stderr } = await start(
    'DEEPGRAM_API_KEY=d\nCARTESIA_API_KEY=c\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET=s\n',
  );
  expect(code).toBe(1);
  expect(stderr.match(/is missing/g)).toHaveLength(1);
  expect(stderr).toContain('LIVEKIT_URL');
});

const complete =
  'DEEPGRAM_API_KEY=d\nCARTESIA_API_KEY=c\nLIVEKIT_URL=ws://127.0.0.1:9\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET=s\n';

test('a port for health checks that is taken is told in words', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await start(`${complete}AGENT_HEALTH_PORT=${port}\n`);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`AGENT_HEALTH_PORT cannot be used .*EADDRINUSE.*${port}`));
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('a command that is none does not end as if all were well', async () => {
  const { code, stderr } = await start(complete, 'strat');
  expect(code).toBe(1);
  expect(stderr).toMatch(/started with: .* start$/m);
});
