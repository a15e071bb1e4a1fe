/**
 * What happens in a room: hears with Deepgram, thinks with a persona server, speaks with Cartesia. LiveKit imports this file in a process
 * of its own for each job, so it loads and checks the environment itself.
 */
import { environment } from './env.ts';
import { defineAgent, llm, log, voice, type JobContext } from '@livekit/agents';
import { apologize } from './apologize.ts';
import { arrive, meet } from './arrive.ts';
import { loadAgentConfig } from './config.ts';
import { CurrentPersona } from './current-persona.ts';
import { createEndCall } from './end-call.ts';
import { greet } from './greet.ts';
import { readJobMetadata } from './job-metadata.ts';
import { ListeningAgent } from './listening-agent.ts';
import { logTurns } from './log-turns.ts';
import { mendMissedWords } from './missed-words.ts';
import { keepLogPrivate } from './private-log.ts';
import { RoomBoard } from './room/board.ts';
import { followCallers } from './room/callers.ts';
import { obeyRoom } from './room/commands.ts';
import { showConversation } from './room/show-conversation.ts';
import { SessionLog } from './session-log.ts';
import { createSession, speechIdleMs } from './session.ts';
import { createSpeechParts } from './speech-parts.ts';
import { offerTools } from './offer-tools.ts';
import { outliveSpeechTrouble } from './speech-trouble.ts';

async function entry(ctx: JobContext): Promise<void> {
  keepLogPrivate();
  const config = loadAgentConfig(environment);
  const parts = createSpeechParts(config, speechIdleMs);
  const persona = new CurrentPersona(parts);
  const [{ model, arrival }] = await Promise.all([
    meet(config.server, wantedPersona(ctx), persona),
    ctx.connect(),
  ]);
  const { room } = ctx;
  const session = createSession(model, parts);
  const agent = new ListeningAgent();
  const board = new RoomBoard(room);
  const endCall = createEndCall(ctx);
  logTurns(session);
  apologize(session, persona);
  mendMissedWords(session, agent, persona);
  outliveSpeechTrouble(session, persona, board);
  const collected = showConversation(session, model, board);
  const notes =
    config.sessionLogDir === undefined ? undefined : new SessionLog(session, config.sessionLogDir);

  let greeting = new AbortController();
  let caller: string | undefined;
  const writeNotes = async (who: string | undefined): Promise<void> => {
    const { symptoms } = collected;
    await notes?.write({ room: room.name ?? '', caller: who, persona: persona.card?.name, symptoms });
  };
  const begin = (met: Awaited<ReturnType<typeof arrive>>): void => {
    greeting.abort();
    greeting = new AbortController();
    const { signal } = greeting;
    greet({ session, model, persona, board, arrival: met, signal }).catch((error: unknown) => {
      log().error({ error }, 'the greeting failed');
    });
  };
  const beginAnew = async (before: string | undefined): Promise<void> => {
    await writeNotes(before);
    collected.clear();
    await session.currentAgent.updateChatCtx(llm.ChatContext.empty());
    const met = await arrive(model, persona);
    // In the language of whoever answers now.
    await agent.listenAnew();
    begin(met);
  };

  // LiveKit closes none of these by itself.
  ctx.addShutdownCallback(async () => {
    greeting.abort();
    await writeNotes(caller);
    await Promise.allSettled([model.aclose(), parts.stt.close(), parts.tts.close()]);
  });
  session.on(voice.AgentSessionEventTypes.Close, ({ reason }) => {
    greeting.abort();
    // Better to leave than to stay and be silent.
    void endCall.hangUp().finally(() => ctx.shutdown(`the session ended: ${reason}`));
  });
  followCallers({
    session,
    room,
    onListening: (identity) => board.show('caller', identity ?? null),
    onNewCaller: (identity) => {
      const before = caller;
      caller = identity;
      if (before === undefined) return;
      beginAnew(before).catch((error: unknown) => log().error({ error }, 'the next caller was not greeted'));
    },
  });
  // Not waited for: a server that is away is told aloud first.
  void offerTools({ session, agent, model, tools: [endCall.tool] });
  await session.start({ agent, room, record: false, inputOptions: { closeOnDisconnect: false } });
  obeyRoom(session, room);
  parts.tts.prewarm();
  begin(arrival);
}

function wantedPersona({ job }: JobContext): string | undefined {
  const metadata = readJobMetadata(job.metadata);
  if ('persona' in metadata) return metadata.persona;
  log().error(`${metadata.problem}. The server's own choice answers.`);
  return undefined;
}

export default defineAgent({
  // In the process that waits for a job: whatever is wrong shows before somebody waits in a room.
  prewarm: () => {
    loadAgentConfig(environment);
  },
  entry,
});
