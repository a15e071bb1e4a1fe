/**
 * Asks the two servers that the agent depends on, before it starts. A server that is away may come
 * later; one that refuses what it was shown is a mistake in the environment.
 */
import { APIStatusError } from '@livekit/agents';
import { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { type AgentConfig, problemWith } from './config.ts';
import { askLiveKit } from './talk/ask-livekit.ts';

export type Answer =
  /** `as`: what the server says of itself. */
  { type: 'answers'; as: string | undefined } | { type: 'away'; why: string };

export interface Probed {
  persona: Answer;
  livekit: Answer;
  /** Each names a variable, what is wrong with it, and what to do. */
  problems: readonly string[];
}

/** A server on this machine or in this network answers long before. */
const answerWithinMs = 3_000;

/** Never throws. */
export async function probeServers(config: AgentConfig): Promise<Probed> {
  const [persona, livekit] = await Promise.all([probePersonaServer(config), probeLiveKit(config)]);
  const problems = [persona, livekit].flatMap((probed) => ('problem' in probed ? [probed.problem] : []));
  return { persona: toAnswer(persona), livekit: toAnswer(livekit), problems };
}

type Probe = Answer | { problem: string };

function toAnswer(probe: Probe): Answer {
  return 'problem' in probe ? { type: 'away', why: 'it refuses the agent' } : probe;
}

async function probePersonaServer({ server: { url, token } }: AgentConfig): Promise<Probe> {
  const model = new WebSocketLLM({
    url,
    connectTimeoutMs: answerWithinMs,
    ...(token !== undefined && { token }),
  });
  try {
    const ready = await model.ready();
    const { persona, model: name = 'a model that it does not name' } = ready ?? {};
    return { type: 'answers', as: persona && `${persona.title}, with ${name}` };
  } catch (error) {
    const status = error instanceof APIStatusError ? error.statusCode : undefined;
    const why = error instanceof Error ? error.message : String(error);
    if (status === 401 || status === 403)
      return { problem: problemWith('WS_LLM_TOKEN', `is refused by the persona server at ${url} (${why})`) };
    if (status !== undefined && status < 500 && status !== 429)
      return { problem: problemWith('WS_LLM_URL', `is not the address of a persona server (${why})`) };
    return { type: 'away', why: withoutAddress(why, url) };
  } finally {
    await model.aclose();
  }
}

async function probeLiveKit({ livekit }: AgentConfig): Promise<Probe> {
  const answer = await askLiveKit(livekit, answerWithinMs);
  switch (answer.type) {
    case 'answers':
      return { type: 'answers', as: undefined };
    case 'refuses':
      return {
        problem: problemWith(
          'LIVEKIT_API_KEY',
          `or LIVEKIT_API_SECRET is refused by the LiveKit server at ${livekit.url}`,
        ),
      };
    case 'away':
      return { type: 'away', why: answer.why };
  }
}

/** The address stands before the words already. */
function withoutAddress(why: string, url: string): string {
  return why.startsWith(`${url}: `) ? why.slice(url.length + 2) : why.replace(`${url} `, '');
}
