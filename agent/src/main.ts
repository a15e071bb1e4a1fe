/**
 * The worker's process: checks the environment, then hands over to LiveKit's command line (`start`, `dev`, `console`). What happens in a
 * room is `agent.ts`, which LiveKit imports again in a process of its own for each job.
 */
import { environment } from './env.ts';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, loadAgentConfig, problemWith, type AgentConfig } from './config.ts';
import { workerLoad } from './worker-load.ts';

/** With this LiveKit's command line ends when it was told to stop, and has. To systemd and its kind it is a failure. */
const stoppedOnSigterm = 143;

/** LiveKit's command line takes a word that it does not know for nothing to do, and ends as if all were well. */
const commands = ['start', 'dev', 'connect', 'console', 'download-files', 'help'];

async function main(): Promise<void> {
  const command = process.argv[2] ?? '';
  if (!command.startsWith('-') && !commands.includes(command)) {
    process.stderr.write(`The agent is started with: node ${process.argv[1]} start\n`);
    process.exitCode = 1;
    return;
  }
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

/**
 * LiveKit takes port 0 for "the usual one", on which a second worker would fail; so a free one is found here. One that is not free would end
 * LiveKit's command line with a stack, and leave processes behind.
 */
async function healthPort({ healthPort: port = 0 }: AgentConfig): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([problemWith('AGENT_HEALTH_PORT', `cannot be used (${why})`)]);
  });
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
