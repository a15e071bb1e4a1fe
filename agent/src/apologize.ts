/**
 * A turn that fails is never silent: LiveKit itself would just go back to listening. Says one sentence, when the agent's turn is over: LiveKit
 * asks the model ahead of time, while the caller may still speak, and what is said then would be cut off when their turn ends.
 */
import { APIConnectionError, APITimeoutError, log, voice } from '@livekit/agents';
import type { CurrentPersona } from './current-persona.ts';
import type { Sentences } from './sentences.ts';

const { AgentStateChanged, Error: ErrorEvent } = voice.AgentSessionEventTypes;

/** Listens as long as the session lives. */
export function apologize(session: voice.AgentSession, persona: CurrentPersona): void {
  let owed: keyof Sentences | undefined;
  session.on(ErrorEvent, ({ error }) => {
    if (error.type !== 'llm_error') return;
    const isTooSlow = error.error instanceof APITimeoutError;
    if (error.recoverable && !(isTooSlow && session.agentState === 'thinking')) return;
    log().error({ error: error.error }, 'a turn failed');
    owed = sentenceFor(error.error);
    // The caller has waited as long as anybody should: no second attempt.
    if (error.recoverable) session.interrupt();
  });
  session.on(AgentStateChanged, ({ newState }) => {
    const sentence = owed;
    if (sentence === undefined) return;
    // A later attempt was answered after all.
    if (newState === 'speaking') owed = undefined;
    if (newState === 'listening') {
      owed = undefined;
      // Not the persona's words, so not part of what the model is told.
      session.say(persona.sentences[sentence], { addToChatCtx: false });
    }
  });
}

function sentenceFor(error: Error): keyof Sentences {
  if (error instanceof APITimeoutError) return 'tooSlow';
  return error instanceof APIConnectionError ? 'serverAway' : 'failed';
}
