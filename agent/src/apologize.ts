/**
 * A turn that fails is never silent: LiveKit itself would just go back to listening. Says one sentence, when the agent's turn is over: LiveKit
 * asks the model ahead of time, while the caller may still speak, and what is said then would be cut off when their turn ends.
 */
import { APIConnectionError, APITimeoutError, log, voice } from '@livekit/agents';
import { sentences } from './sentences.ts';

const { AgentStateChanged, Error: ErrorEvent } = voice.AgentSessionEventTypes;

/** Listens as long as the session lives. */
export function apologize(session: voice.AgentSession): void {
  let owed: string | undefined;
  session.on(ErrorEvent, ({ error }) => {
    if (error.type !== 'llm_error') return log().error({ error }, 'speech failed');
    if (error.recoverable) return;
    log().error({ error: error.error }, 'a turn failed');
    owed = sentenceFor(error.error);
  });
  session.on(AgentStateChanged, ({ newState }) => {
    const sentence = owed;
    if (sentence === undefined) return;
    // A later attempt was answered after all.
    if (newState === 'speaking') owed = undefined;
    if (newState === 'listening') {
      owed = undefined;
      // Not the persona's words, so not part of what the model is told.
      session.say(sentence, { addToChatCtx: false });
    }
  });
}

function sentenceFor(error: Error): string {
  if (error instanceof APITimeoutError) return sentences.tooSlow;
  return error instanceof APIConnectionError ? sentences.serverAway : sentences.failed;
}
