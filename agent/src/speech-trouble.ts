/**
 * When hearing or speaking fails for good, the caller learns it: by voice where there is one, in writing where there is none. LiveKit would
 * end the session in silence after the first failure of hearing, and stay silent after one of speaking.
 */
import { log, voice } from '@livekit/agents';
import type { CurrentPersona } from './current-persona.ts';
import type { Board } from './room/board.ts';

const { AgentStateChanged, Close, Error: ErrorEvent } = voice.AgentSessionEventTypes;

/** How long answers are written before speaking is tried again, in milliseconds. */
const mutedMs = 30_000;

/** Listens as long as the session lives. Knows no errors of the model: those are `apologize.ts`. */
export function outliveSpeechTrouble(
  session: voice.AgentSession,
  persona: CurrentPersona,
  board: Board,
): void {
  let mutedUntil = 0;
  let isEnding = false;

  const endDeaf = (): void => {
    isEnding = true;
    board.show('trouble', 'hearing');
    session.say(persona.sentences.cannotHear, { addToChatCtx: false, allowInterruptions: false });
    // Before LiveKit closes the session for the error: this way it waits until the sentence was heard.
    session.shutdown({ drain: true });
  };
  const writeInstead = (): void => {
    const isNew = session.output.audioEnabled;
    mutedUntil = Date.now() + mutedMs;
    board.show('trouble', 'speaking');
    session.output.setAudioEnabled(false);
    if (!isNew) return;
    const explained = session.say(persona.sentences.cannotSpeak, { addToChatCtx: false });
    explained
      .waitForPlayout()
      .then(() => {
        if (!isEnding) writeLostWords(session);
      })
      .catch((error: unknown) => log().error({ error }, 'the lost words could not be written'));
  };

  session.on(ErrorEvent, ({ error }) => {
    if (error.type !== 'stt_error' && error.type !== 'tts_error') return;
    if (error.recoverable || isEnding) return;
    log().error({ error: error.error }, error.type === 'stt_error' ? 'hearing failed' : 'speaking failed');
    if (error.type === 'stt_error') endDeaf();
    else writeInstead();
  });
  session.on(AgentStateChanged, ({ newState }) => {
    if (newState !== 'thinking' || session.output.audioEnabled || Date.now() < mutedUntil) return;
    session.output.setAudioEnabled(true);
    board.show('trouble', 'none');
  });
  session.on(Close, () => {
    isEnding = true;
  });
}

/** What could not be spoken was not written either; the model is told that it was said. */
function writeLostWords(session: voice.AgentSession): void {
  const last = session.history.items.findLast((item) => item.type === 'message');
  const isLost = last?.role === 'assistant' && last.metrics.ttsNodeTtfb === undefined;
  if (isLost && last.textContent !== undefined) session.say(last.textContent, { addToChatCtx: false });
}
