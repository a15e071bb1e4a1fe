// The worker, started as a user starts it but without an environment, stops with one message for a person and not with a stack trace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
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

test('everything that is wrong is named at once: misspelt, missing, in use, not a folder', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await start(
    `DEEPGRAM_API_KYE=d\nLIVEKIT_URL=localhost:7880\nAGENT_HEALTH_PORT=${port}\nSESSION_LOG_DIR=.env/x\nAGENT_MAXROOMS=3\n`,
  );
  expect(code).toBe(1);
  expect(stderr).toContain('DEEPGRAM_API_KYE is not a variable of the agent. Is DEEPGRAM_API_KEY meant?');
  expect(stderr).toContain('AGENT_MAXROOMS is not a variable of the agent. Is AGENT_MAX_ROOMS meant?');
  expect(stderr).toContain('DEEPGRAM_API_KEY is missing');
  expect(stderr).toContain('LIVEKIT_URL is not an address');
  expect(stderr).toMatch(/AGENT_HEALTH_PORT cannot be used .*EADDRINUSE/);
  expect(stderr).toMatch(/SESSION_LOG_DIR cannot be used .*ENOTDIR/);
  expect(stderr).not.toMatch(/^\s+at /m);
});

/** LiveKit's API and a persona server, as far as they refuse. */
async function startRefusing(): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end('{"code":"unauthenticated","msg":"no"}');
  });
  server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('keys and a token that the servers refuse are named before anything is started', async () => {
  const url = await startRefusing();
  const secret = 'a-secret-that-is-long-enough';
  const { code, stderr } = await start(
    `DEEPGRAM_API_KEY=d\nCARTESIA_API_KEY=c\nLIVEKIT_URL=${url}\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET=${secret}\nWS_LLM_URL=${url}\nWS_LLM_TOKEN=wrong-token\n`,
  );
  expect(code).toBe(1);
  expect(stderr).toContain(`WS_LLM_TOKEN is refused by the persona server at ${url}`);
  expect(stderr).toContain(
    `LIVEKIT_API_KEY or LIVEKIT_API_SECRET is refused by the LiveKit server at ${url}`,
  );
  expect(stderr).not.toMatch(/^\s+at |wrong-token|a-secret/m);
});
