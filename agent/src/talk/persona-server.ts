/** The persona server that calls are answered by: the one that is named or runs already, else one that is started here. */
import type { ReadyFrame } from 'livekit-agents-plugin-ws-llm';
import type { AgentConfig } from '../config.ts';
import { askPersonaServer, describeUnreachable } from './ask-persona-server.ts';
import { startChild, type Child, type ChildOptions } from './child.ts';
import { SetupError } from './talk-setup.ts';

const startWithinMs = 60_000;

export interface PersonaServer {
  url: string;
  /** Who answers there now; undefined for a plain server, which does not say. */
  ask(): Promise<ReadyFrame | undefined>;
  /** Where it was started here. */
  child: Child | undefined;
}

/**
 * @param isNamed WS_LLM_URL names the address, so that no other server will do
 * @param start what is needed to start one
 * @throws SetupError where the one that is named does not answer, or the one that is started ends
 */
export async function findPersonaServer(
  { url, token }: AgentConfig['server'],
  isNamed: boolean,
  start: Pick<ChildOptions, 'path' | 'env' | 'log' | 'owner'>,
): Promise<PersonaServer> {
  try {
    await askPersonaServer(url, token);
    return { url, ask: () => askPersonaServer(url, token), child: undefined };
  } catch (error) {
    if (isNamed) throw new SetupError([describeUnreachable(url, error)]);
  }
  // Any free port: something else may have the usual one.
  const child = await startChild({ name: 'The persona server', ...start, env: { ...start.env, PORT: '0' } });
  const address = await Promise.race([
    child.waitForLine(/socket +(ws:\S+)/, startWithinMs).then(([, found = '']) => found),
    child.ended.then((output) => {
      // What the server says of a variable that is wrong is written for people.
      throw new SetupError([`the persona server cannot start; it says:\n      ${indented(output)}`]);
    }),
  ]);
  return { url: address, ask: () => askPersonaServer(address, token), child };
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n      ');
}
