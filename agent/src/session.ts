/**
 * One session's settings: how turns are taken and how long a slow model is waited for. Each that differs from LiveKit's own says why.
 */
import { voice } from '@livekit/agents';
import type { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import type { SpeechParts } from './speech-parts.ts';

/** A local model may need this long for a first word, or between two, on a small machine: it loads, and reads a long prompt. */
const modelPatienceMs = 30_000;
const modelRetries = 1;

/** How long the model may be silent inside a reply before the voice gives up on the rest, in milliseconds. */
export const speechIdleMs = modelPatienceMs + 5_000;

export function createSession(model: WebSocketLLM, { stt, tts }: SpeechParts): voice.AgentSession {
  const replyTimeoutMs = modelPatienceMs * (modelRetries + 1) + 5_000;
  return new voice.AgentSession({
    stt,
    tts,
    llm: model,
    turnHandling: {
      // Both run in this process. LiveKit's own choice would ask its cloud, and could start the model only half a second later.
      turnDetection: 'vad',
      interruption: { mode: 'vad' },
      // The voice is made while it is still awaited whether the caller goes on, so that it is there when the turn is taken. Where the caller does
      // go on, the sentence was made for nothing.
      preemptiveGeneration: { preemptiveTts: true },
      // With LiveKit's 500 every second caller who pauses for half a second inside a sentence was answered in the middle of it; see docs/latency.md.
      endpointing: { minDelay: 530 },
    },
    // The caller spoke, and no words came of it; Deepgram tells them within half a second. See missed-words.ts.
    transcriptionTimeout: 3_000,
    // With aligned transcripts an interruption while the model still writes stalls the session for four seconds.
    useTtsAlignedTranscript: false,
    // While the first words are spoken the caller's echo canceller still learns, and the agent would interrupt itself; browsers need about
    // a second. LiveKit's three would let a caller who answers the greeting quickly go unheard.
    aecWarmupDuration: 1_000,
    // LiveKit ends a reply in which nothing was heard for 10 s; here it is the model's deadline that decides.
    ttsReadIdleTimeout: replyTimeoutMs,
    forwardAudioIdleTimeout: replyTimeoutMs,
    connOptions: {
      // A network that stumbles is waited for; a key that is refused is not. See speech-trouble.ts for what follows.
      sttConnOptions: { maxRetry: 8, retryIntervalMs: 2_000 },
      // LiveKit would leave after four failures without a word between them. The caller decides when it is enough.
      maxUnrecoverableErrors: Number.POSITIVE_INFINITY,
      llmConnOptions: { maxRetry: modelRetries, retryIntervalMs: 500, timeoutMs: modelPatienceMs },
    },
  });
}
