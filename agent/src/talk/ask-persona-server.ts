/**
 * Asks a persona server which persona answers, over a connection of its own that is closed
 * afterwards.
 */
import { WebSocketLLM, type ReadyFrame } from 'livekit-agents-plugin-ws-llm';

const answerWithinMs = 10_000;

/**
 * Undefined for a plain server, which does not say.
 * @throws Error that says why it does not answer
 */
export async function askPersonaServer(
  url: string,
  token: string | undefined,
): Promise<ReadyFrame | undefined> {
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

/** What happened, where, and what to do, for a server that WS_LLM_URL names. */
export function describeUnreachable(url: string, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return `no persona server answers at ${url}, which WS_LLM_URL names (${why})
      start it with npm start, or leave WS_LLM_URL empty: then one is started here`;
}
