/**
 * When somebody has spoken and no words came of it, the ears are opened anew and the caller is asked to say it again: a socket to the speech
 * recognition that was cut looks like this, and nothing else tells of it. Noise looks like it too, so asks once between two sentences understood.
 */
import { log, voice } from '@livekit/agents';
import type { CurrentPersona } from './current-persona.ts';
import type { ListeningAgent } from './listening-agent.ts';

const { UserInputTranscribed, UserTranscriptionTimeout } = voice.AgentSessionEventTypes;

/** A cough is shorter than a word that somebody waits to be answered. In milliseconds. */
const shortestWordMs = 400;

/** Listens as long as the session lives. */
export function mendMissedWords(
  session: voice.AgentSession,
  agent: ListeningAgent,
  persona: CurrentPersona,
): void {
  let hasAsked = false;
  session.on(UserInputTranscribed, ({ isFinal }) => {
    if (isFinal) hasAsked = false;
  });
  session.on(UserTranscriptionTimeout, ({ speechDuration }) => {
    if (speechDuration < shortestWordMs) return;
    log().warn(
      { speechMs: Math.round(speechDuration) },
      'somebody spoke, and no words came of it; listening anew',
    );
    agent.listenAnew().catch((error: unknown) => log().error({ error }, 'hearing could not begin anew'));
    if (hasAsked || session.agentState !== 'listening' || session.userState === 'speaking') return;
    hasAsked = true;
    session.say(persona.sentences.notHeard, { addToChatCtx: false });
  });
}
