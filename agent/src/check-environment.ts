/**
 * The agent's environment, with everything in it that can be tried before LiveKit is loaded: the
 * port for health checks is free, and conversations can be written. All mistakes are reported at
 * once.
 */
import { once } from 'node:events';
import { access, constants, mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { type AgentConfig, ConfigError, type Env, loadAgentConfig, problemWith } from './config.ts';

export interface CheckedEnvironment {
  config: AgentConfig;
  /** A port for health checks that is free. */
  port: number;
}

/** @throws ConfigError that names every variable that is missing, wrong or cannot be used */
export async function checkEnvironment(env: Env): Promise<CheckedEnvironment> {
  const [loaded, port, folder] = await Promise.all([
    tried(() => loadAgentConfig(env)),
    // An unreadable port is reported with the other variables.
    tried(() => findPort(Number(env['AGENT_HEALTH_PORT'] ?? 0) || 0)),
    tried(() => checkFolder(env['SESSION_LOG_DIR'])),
  ]);
  const problems = [loaded, port, folder].flatMap((part) => ('problems' in part ? part.problems : []));
  if ('problems' in loaded || 'problems' in port || problems.length > 0) throw new ConfigError(problems);
  return { config: loaded.value, port: port.value };
}

async function tried<T>(work: () => T | Promise<T>): Promise<{ value: T } | { problems: readonly string[] }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

/**
 * LiveKit takes port 0 for "the usual one", on which a second worker would fail; so a free one is
 * found here. A port that is in use would end LiveKit with a stack, and leave processes behind.
 */
async function findPort(port: number): Promise<number> {
  if (port > 65_535) return 0;
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    throw new ConfigError([problemWith('AGENT_HEALTH_PORT', `cannot be used (${messageOf(error)})`)]);
  }
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

/** Conversations are written when they end, which is too late to learn that they cannot be. */
async function checkFolder(folder = ''): Promise<void> {
  if (folder.trim() === '') return;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new ConfigError([problemWith('SESSION_LOG_DIR', `cannot be used (${messageOf(error)})`)]);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
