/**
 * The worker's process: checks the environment, then hands over to LiveKit's command line (`start`, `dev`, `console`). What happens in a
 * room is `agent.ts`, which LiveKit imports again in a process of its own for each job.
 */
import { environment } from './env.ts';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, loadAgentConfig, type AgentConfig } from './config.ts';
import { workerLoad } from './worker-load.ts';

/** With this LiveKit's command line ends when it was told to stop, and has. To systemd and its kind it is a failure. */
const stoppedOnSigterm = 143;

async function main(): Promise<void> {
  const config = loadAgentConfig(environment);
  // LiveKit's command line reads it too, and knows no `silent`.
  if (environment['LOG_LEVEL'] === 'silent') environment['LOG_LEVEL'] = 'fatal';
  // Imported late: a second of loading should not stand before the message that something is missing.
  const { cli, ServerOptions } = await import('@livekit/agents');
  cli.runApp(
    new ServerOptions({
      agent: fileURLToPath(new URL(`./agent${extname(import.meta.url)}`, import.meta.url)),
      wsURL: config.livekit.url,
      apiKey: config.livekit.apiKey,
      apiSecret: config.livekit.apiSecret,
      ...(config.agentName !== undefined && { agentName: config.agentName }),
      // One room's process ready in advance; each costs memory and, at the start, seconds of a small machine.
      numIdleProcesses: 1,
      initializeProcessTimeout: 60_000,
      loadFunc: async (worker) => workerLoad(worker.activeJobs.length, config.maxRooms),
      loadThreshold: 1,
      host: '127.0.0.1',
      port: await healthPort(config),
    }),
  );
}

/** LiveKit takes port 0 for "the usual one", on which a second worker would fail; so a free one is found here. */
async function healthPort({ healthPort: port }: AgentConfig): Promise<number> {
  if (port !== undefined) return port;
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

process.once('exit', (code) => {
  if (code === stoppedOnSigterm) process.exitCode = 0;
});
try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
