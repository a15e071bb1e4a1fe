/**
 * What happens in a room: hears with Deepgram, thinks with a persona server, speaks with Cartesia. LiveKit imports this file in a process
 * of its own for each job, so it loads and checks the environment itself.
 */
import { environment } from './env.ts';
import { defineAgent, log, voice, type JobContext } from '@livekit/agents';
import { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { apologize } from './apologize.ts';
import { loadAgentConfig } from './config.ts';
import { arrive, greet } from './greet.ts';
import { logTurns } from './log-turns.ts';
import { keepLogPrivate } from './private-log.ts';
import { createSession, speechIdleMs } from './session.ts';
import { createSpeechParts } from './speech-parts.ts';

/** A server that does not answer by then is away: somebody waits in the room. */
const connectTimeoutMs = 3_000;

async function entry(ctx: JobContext): Promise<void> {
  keepLogPrivate();
  const config = loadAgentConfig(environment);
  const { url, token } = config.server;
  const model = new WebSocketLLM({ url, connectTimeoutMs, ...(token !== undefined && { token }) });
  const parts = createSpeechParts(config, speechIdleMs);
  const gone = new AbortController();
  // LiveKit closes none of these by itself.
  ctx.addShutdownCallback(async () => {
    gone.abort();
    await Promise.allSettled([model.aclose(), parts.stt.close(), parts.tts.close()]);
  });

  const [arrival] = await Promise.all([arrive(model, parts), ctx.connect()]);
  const session = createSession(model, parts);
  logTurns(session);
  apologize(session);
  session.on(voice.AgentSessionEventTypes.Close, ({ error }) => {
    gone.abort();
    // It failed for good: better to leave than to stay and be silent.
    if (error !== null) ctx.shutdown('the session failed');
  });
  // Who the agent is stays with the server, so there is nothing to instruct here.
  await session.start({ agent: new voice.Agent({ instructions: '' }), room: ctx.room, record: false });
  parts.tts.prewarm();
  greet({ session, model, parts, arrival, signal: gone.signal }).catch((error: unknown) => {
    log().error({ error }, 'the greeting failed');
  });
}

export default defineAgent({
  // In the process that waits for a job: whatever is wrong shows before somebody waits in a room.
  prewarm: () => {
    loadAgentConfig(environment);
  },
  entry,
});
