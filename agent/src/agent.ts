/**
 * What happens in a room: hears with Deepgram, thinks with a persona server, speaks with Cartesia. LiveKit imports this file in a process
 * of its own for each job, so it loads and checks the environment itself.
 */
import { environment } from './env.ts';
import { defineAgent, llm, log, voice, type JobContext } from '@livekit/agents';
import { apologize } from './apologize.ts';
import { arrive, type Arrival, meet } from './arrive.ts';
import { loadAgentConfig } from './config.ts';
import { CurrentPersona } from './current-persona.ts';
import { createEndCall } from './end-call.ts';
import { greet } from './greet.ts';
import { readJobMetadata } from './job-metadata.ts';
import { Lifetime } from './lifetime.ts';
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
import { keepLogReadable } from './terminal-log.ts';

async function entry(ctx: JobContext): Promise<void> {
  keepLogPrivate();
  const config = loadAgentConfig(environment);
  // LiveKit closes none of these by itself, and may end the job while they open.
  const job = new Lifetime();
  ctx.addShutdownCallback(() => job.end());
  const parts = createSpeechParts(config, speechIdleMs);
  job.own(() => parts.stt.close());
  job.own(() => parts.tts.close());
  const persona = new CurrentPersona(parts);
  const [{ model, arrival }] = await Promise.all([
    meet(config.server, wantedPersona(ctx), persona, job),
    ctx.connect(),
  ]);
  if (job.signal.aborted) return;
  const { room } = ctx;
  const session = createSession(model, parts);
  const agent = new ListeningAgent();
  const board = new RoomBoard(room);
  const endCall = createEndCall(ctx);
  logTurns(session, { room: room.name ?? '', job: ctx.job.id });
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
  job.own(() => writeNotes(caller));
  const begin = (met: Arrival): void => {
    greeting.abort();
    greeting = new AbortController();
    const signal = AbortSignal.any([greeting.signal, job.signal]);
    greet({ session, model, persona, board, arrival: met, signal }).catch((error: unknown) => {
      log().error({ error }, 'the greeting failed');
    });
  };
  const beginAnew = async (before: string | undefined, now: string): Promise<void> => {
    await writeNotes(before);
    collected.clear();
    await session.currentAgent.updateChatCtx(llm.ChatContext.empty());
    const met = await arrive(model, persona);
    // In the language of the persona that answers now.
    await agent.listenAnew();
    // Another caller may have come meanwhile, and is greeted in turn.
    if (caller === now && !job.signal.aborted) begin(met);
  };

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
      beginAnew(before, identity).catch((error: unknown) =>
        log().error({ error }, 'the next caller was not greeted'),
      );
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
  // In the process that waits for a job: a mistake shows before a caller waits in a room.
  prewarm: () => {
    keepLogReadable();
    loadAgentConfig(environment);
  },
  entry,
});
