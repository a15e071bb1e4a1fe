/**
 * What hears and what speaks: the Deepgram and Cartesia plugins, as they are, in the persona's voice and language.
 * Knows nothing of sessions.
 */
import * as cartesia from '@livekit/agents-plugin-cartesia';
import * as deepgram from '@livekit/agents-plugin-deepgram';
import type { PersonaCard } from 'livekit-agents-plugin-ws-llm';
import type { AgentConfig } from './config.ts';

export interface SpeechParts {
  stt: deepgram.STT;
  tts: cartesia.TTS;
}

/**
 * @param idleMs how long the model may pause between two sentences, in milliseconds: Cartesia would give up on the rest of a reply after 5 s
 */
export function createSpeechParts(config: AgentConfig, idleMs: number): SpeechParts {
  const { deepgram: hearing, cartesia: speaking } = config;
  return {
    stt: new deepgram.STT({
      apiKey: hearing.apiKey,
      ...(hearing.baseUrl !== undefined && { baseUrl: hearing.baseUrl }),
    }),
    tts: new cartesia.TTS({
      apiKey: speaking.apiKey,
      ...(speaking.baseUrl !== undefined && { baseUrl: speaking.baseUrl }),
      chunkTimeout: idleMs,
    }),
  };
}

/** From the next words on. Where the persona does not say, the plugins' own defaults stay. */
export function followPersona({ stt, tts }: SpeechParts, { voice, language }: PersonaCard): void {
  if (language !== undefined) stt.updateOptions({ language });
  if (voice !== undefined || language !== undefined) {
    tts.updateOptions({ ...(voice !== undefined && { voice }), ...(language !== undefined && { language }) });
  }
}
