/**
 * The worker's process: checks the environment and the servers, shows what it found, then runs
 * LiveKit's worker. Other commands than `start` (`dev`, `console`) are LiveKit's own. What happens
 * in a room is `agent.ts`, which LiveKit imports again in a process of its own for each job.
 */
import { environment } from './env.ts';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerOptions } from '@livekit/agents';
import { checkEnvironment } from './check-environment.ts';
import { agentVariables, type AgentConfig, ConfigError } from './config.ts';
import { misspeltVariables } from './misspelt-variables.ts';
import { workerLoad } from './worker-load.ts';

/** With this LiveKit's command line ends when it was told to stop, and has. To systemd and its kind it is a failure. */
const stoppedOnSigterm = 143;

/** LiveKit's command line takes a word that it does not know for nothing to do, and ends as if all were well. */
const commands = ['start', 'dev', 'connect', 'console', 'download-files', 'help'];

async function main(): Promise<void> {
  const [command = '', ...rest] = process.argv.slice(2);
  if (!command.startsWith('-') && !commands.includes(command)) {
    process.stderr.write(`The agent is started with: node ${process.argv[1]} start\n`);
    process.exitCode = 1;
    return;
  }
  for (const line of misspeltVariables(Object.keys(environment), agentVariables))
    process.stderr.write(`${line}\n`);
  const { config, port } = await checkEnvironment(environment);
  // LiveKit's command line reads it too, and knows no `silent`.
  if (environment['LOG_LEVEL'] === 'silent') environment['LOG_LEVEL'] = 'fatal';
  if (command === 'start' && rest.length === 0) return start(config, port);
  // Imported late: a second of loading should not stand before the message that something is missing.
  const { cli, ServerOptions: Options } = await import('@livekit/agents');
  cli.runApp(new Options(serverOptions(config, port)));
}

async function start(config: AgentConfig, port: number): Promise<void> {
  const [
    { initializeLogger, log, ServerOptions: Options },
    { probeServers },
    first,
    readable,
    { runWorker },
  ] = await Promise.all([
    import('@livekit/agents'),
    import('./probe-servers.ts'),
    import('./first-screen.ts'),
    import('./terminal-log.ts'),
    import('./run-worker.ts'),
  ]);
  // Before there is a logger: the plugin would log a server that is away, which the first screen
  // says.
  const { problems, ...answers } = await probeServers(config);
  if (problems.length > 0) throw new ConfigError(problems);
  initializeLogger({ pretty: false, level: environment['LOG_LEVEL'] ?? 'info' });
  readable.keepLogReadable();
  const options = new Options({
    ...serverOptions(config, port),
    production: true,
    // LiveKit's own hosting sets it.
    ...(environment['LIVEKIT_WORKER_TOKEN'] && { workerToken: environment['LIVEKIT_WORKER_TOKEN'] }),
  });
  const agentName = options.agentName === '' ? undefined : options.agentName;
  const screen = { ...answers, agentName, healthUrl: `http://127.0.0.1:${port}/` };
  if (process.stdout.isTTY)
    process.stdout.write(`${first.describeStart(config, screen)}\n\nCtrl+C ends it.\n`);
  else log().info(first.startFields(config, screen), 'the agent starts');
  await runWorker(options);
}

function serverOptions(config: AgentConfig, port: number): ConstructorParameters<typeof ServerOptions>[0] {
  return {
    agent: fileURLToPath(new URL(`./agent${extname(import.meta.url)}`, import.meta.url)),
    wsURL: config.livekit.url,
    apiKey: config.livekit.apiKey,
    apiSecret: config.livekit.apiSecret,
    ...(config.agentName !== undefined && { agentName: config.agentName }),
    // One room's process ready in advance; each costs memory and, at the start, seconds of a small
    // machine.
    numIdleProcesses: 1,
    initializeProcessTimeout: 60_000,
    loadFunc: async (worker) => workerLoad(worker.activeJobs.length, config.maxRooms),
    loadThreshold: 1,
    host: '127.0.0.1',
    port,
  };
}

process.once('exit', (code) => {
  if (code === stoppedOnSigterm) process.exitCode = 0;
});
try {
  await main();
} catch (error) {
  const isForPeople = error instanceof ConfigError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${isForPeople ? message : `The agent has ended: ${message}`}\n`);
  // Set LOG_LEVEL=debug to see where.
  if (!isForPeople && environment['LOG_LEVEL'] === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}
