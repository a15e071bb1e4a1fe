/**
 * Asks the persona server who answers, before anything is said. Knows nothing of sessions.
 */
import { APIStatusError, log } from '@livekit/agents';
import { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import type { AgentConfig } from './config.ts';
import type { CurrentPersona } from './current-persona.ts';
import type { Lifetime } from './lifetime.ts';

/** `stranger`: the server is there, and knows no persona of the name that was asked for. */
export type Arrival = 'there' | 'away' | 'stranger';

/** A server that does not answer by then is away: somebody waits in the room. */
const connectTimeoutMs = 3_000;
const notFound = 404;

/** Asks once, and lets the persona be who the server says. Plain servers do not say. Never throws. */
export async function arrive(model: WebSocketLLM, persona: CurrentPersona): Promise<Arrival> {
  try {
    const ready = await model.ready();
    if (ready !== undefined) persona.follow(ready.persona);
    return 'there';
  } catch (error) {
    if (error instanceof APIStatusError && error.statusCode === notFound) return 'stranger';
    log().warn({ error }, 'the persona server cannot be reached');
    return 'away';
  }
}

/**
 * The model for one room, closed when `job` ends. A persona that the server does not know is told
 * in the log, and the server's default persona answers instead.
 */
export async function meet(
  { url, token }: AgentConfig['server'],
  wanted: string | undefined,
  persona: CurrentPersona,
  job: Lifetime,
): Promise<{ model: WebSocketLLM; arrival: Arrival }> {
  const options = { url, connectTimeoutMs, output: 'speech', ...(token !== undefined && { token }) } as const;
  const create = (more: { persona?: string }): WebSocketLLM => {
    const model = new WebSocketLLM({ ...options, ...more });
    job.own(() => model.aclose());
    return model;
  };
  if (wanted !== undefined) {
    const model = create({ persona: wanted });
    const arrival = await arrive(model, persona);
    if (arrival !== 'stranger') return { model, arrival };
    log().error(
      { persona: wanted },
      'the persona server knows no persona of the name that the job’s metadata asks for, so its own choice answers',
    );
    await model.aclose();
  }
  const model = create({});
  return { model, arrival: await arrive(model, persona) };
}
