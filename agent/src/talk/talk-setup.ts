/**
 * What talking needs, and everything of it that is missing, at once: a LiveKit server that answers, keys for hearing and speaking, what a
 * build makes. Starts nothing.
 */
import { access } from 'node:fs/promises';
import { checkEnvironment } from '../check-environment.ts';
import { ConfigError, type AgentConfig, type Env } from '../config.ts';
import { askLiveKit } from './ask-livekit.ts';
import { askPersonaServer, describeUnreachable } from './ask-persona-server.ts';

/** What a LiveKit server in its development mode has. */
const developmentServer = {
  LIVEKIT_URL: 'ws://127.0.0.1:7880',
  LIVEKIT_API_KEY: 'devkey',
  LIVEKIT_API_SECRET: 'secret',
};
const answerWithinMs = 15_000;

/** Something is missing. The message is for the person who starts it, and names all of it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';

  constructor(problems: readonly string[]) {
    const advice = 'Keys and addresses go into .env in the current directory; .env.example is a beginning.';
    super(`Nobody can talk yet:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n${advice}`);
  }
}

export interface TalkSetup {
  config: AgentConfig;
  /** The environment with what was filled in: what the worker is started with. */
  env: Env;
}

/**
 * @param files what has to be there, and how to get it
 * @throws SetupError that names everything at once
 */
export async function prepareTalk(
  given: Env,
  files: readonly { path: URL; remedy: string }[],
): Promise<TalkSetup> {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value?.trim() !== ''));
  // Somebody who names a server of their own has keys of their own.
  const env: Env = set['LIVEKIT_URL'] === undefined ? { ...developmentServer, ...set } : set;
  const [settings, livekit, ...missing] = await Promise.all([
    checkSettings(env),
    checkLiveKit(env),
    checkNamedServer(env),
    ...files.map(checkFile),
  ]);
  const problems = [
    ...settings.problems,
    ...[livekit, ...missing].filter((problem) => problem !== undefined),
  ];
  if (settings.config === undefined || problems.length > 0) throw new SetupError(problems);
  return { config: settings.config, env };
}

async function checkSettings(env: Env): Promise<{ config?: AgentConfig; problems: readonly string[] }> {
  try {
    const { config } = await checkEnvironment(env);
    return { config, problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

/**
 * Undefined where it answers and accepts the keys, or where they are missing, which is reported
 * already.
 */
async function checkLiveKit(env: Env): Promise<string | undefined> {
  const { LIVEKIT_URL: url = '', LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret } = env;
  if (!URL.canParse(url) || apiKey === undefined || apiSecret === undefined) return undefined;
  const answer = await askLiveKit({ url, apiKey, apiSecret }, answerWithinMs);
  switch (answer.type) {
    case 'answers':
      return undefined;
    case 'refuses':
      return `the LiveKit server at ${url} refuses the keys\n      LIVEKIT_API_KEY, LIVEKIT_API_SECRET`;
    case 'away':
      return `no LiveKit server answers at ${url} (${answer.why})
      on this machine: curl -sSL https://get.livekit.io | bash && livekit-server --dev
      or a project at https://cloud.livekit.io, its address and keys in LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET`;
  }
}

/** Undefined where none is named: then one is started. */
async function checkNamedServer({
  WS_LLM_URL: url = '',
  WS_LLM_TOKEN: token,
}: Env): Promise<string | undefined> {
  // A wrong address is reported with the other variables.
  if (!/^(?:ws|http)s?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  try {
    await askPersonaServer(url, token);
    return undefined;
  } catch (error) {
    // The plugin's own words about an option are about a variable here, which is reported as well.
    return error instanceof TypeError ? undefined : describeUnreachable(url, error);
  }
}

async function checkFile({ path, remedy }: { path: URL; remedy: string }): Promise<string | undefined> {
  try {
    await access(path);
    return undefined;
  } catch {
    return remedy;
  }
}
