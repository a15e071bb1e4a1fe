/** The persona server that calls are answered by: the one that is named or runs already, else one that is started here. */
import type { Writable } from 'node:stream';
import { WebSocketLLM, type ReadyFrame } from 'livekit-agents-plugin-ws-llm';
import type { AgentConfig, Env } from '../config.ts';
import { startChild, type Child } from './child.ts';
import { SetupError } from './talk-setup.ts';

const answerWithinMs = 10_000;
const startWithinMs = 60_000;

export interface PersonaServer {
  url: string;
  /** Who answers there now; undefined for a plain server, which does not say. */
  ask(): Promise<ReadyFrame | undefined>;
  /** Where it was started here. */
  child: Child | undefined;
}

/**
 * @param isNamed the address was given by somebody, so that nothing else will do
 * @throws SetupError where the one that is named does not answer
 */
export async function findPersonaServer(
  { url, token }: AgentConfig['server'],
  isNamed: boolean,
  start: { path: string; env: Env; log: Writable },
): Promise<PersonaServer> {
  try {
    await ask(url, token);
    return { url, ask: () => ask(url, token), child: undefined };
  } catch (error) {
    if (isNamed) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SetupError([`no persona server answers at ${url}, which WS_LLM_URL names (${why})`]);
    }
  }
  // Any free port: something else may have the usual one.
  const child = await startChild({ name: 'The persona server', ...start, env: { ...start.env, PORT: '0' } });
  try {
    const [, address = ''] = await child.waitForLine(/socket +(ws:\S+)/, startWithinMs);
    return { url: address, ask: () => ask(address, token), child };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function ask(url: string, token: string | undefined): Promise<ReadyFrame | undefined> {
  const model = new WebSocketLLM({
    url,
    connectTimeoutMs: answerWithinMs,
    ...(token !== undefined && { token }),
  });
  try {
    return await model.ready();
  } finally {
    await model.aclose();
  }
}
