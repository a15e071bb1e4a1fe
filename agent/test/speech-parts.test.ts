// The persona's voice and language are what Cartesia is asked to speak with and what Deepgram is asked to understand.
import { initializeLogger } from '@livekit/agents';
import { expect, onTestFinished, test } from 'vitest';
import { startScriptedServer, type ScriptedServer } from '../../test/stand-ins/scripted-server.ts';
import { loadAgentConfig } from '../src/config.ts';
import { createSpeechParts, followPersona, type SpeechParts } from '../src/speech-parts.ts';

initializeLogger({ pretty: false, level: 'silent' });

/** Deepgram and Cartesia that only listen to what they are asked. */
async function startParts(): Promise<{
  parts: SpeechParts;
  hearing: ScriptedServer;
  speaking: ScriptedServer;
}> {
  const [hearing, speaking] = [
    await startScriptedServer({ dialect: 'plain' }),
    await startScriptedServer({ dialect: 'plain' }),
  ];
  const config = loadAgentConfig({
    LIVEKIT_URL: 'ws://127.0.0.1:1',
    LIVEKIT_API_KEY: 'k',
    LIVEKIT_API_SECRET: 's',
    DEEPGRAM_API_KEY: 'deepgram-key',
    CARTESIA_API_KEY: 'cartesia-key',
    DEEPGRAM_BASE_URL: hearing.url,
    CARTESIA_BASE_URL: speaking.url.replace('ws:', 'http:'),
  });
  const parts = createSpeechParts(config, 35_000);
  onTestFinished(async () => {
    await Promise.all([parts.stt.close(), parts.tts.close(), hearing.close(), speaking.close()]);
  });
  return { parts, hearing, speaking };
}

/** What both are asked when somebody speaks and somebody answers. */
async function ask(persona: { voice?: string; language?: string }): Promise<Record<string, unknown>> {
  const { parts, hearing, speaking } = await startParts();
  followPersona(parts, { name: 'p', title: 'P', suggestions: [], ...persona });
  const [ears, mouth] = [parts.stt.stream(), parts.tts.stream()];
  mouth.pushText('Good morning to you. ');
  mouth.endInput();
  await hearing.until(() => hearing.handshakes.length > 0);
  await speaking.until(() => speaking.frames.length > 0);
  ears.close();
  mouth.close();
  const { searchParams } = new URL(hearing.handshakes[0]?.url ?? '', hearing.url);
  const [frame] = speaking.frames;
  return {
    heard: searchParams.get('language'),
    spoken: frame?.['language'],
    voice: frame?.['voice'],
    keys: [hearing.handshakes[0]?.headers.authorization, speaking.handshakes[0]?.headers['x-api-key']],
  };
}

test('a persona with a voice and a language has them', async () => {
  expect(await ask({ voice: 'her-voice', language: 'de-DE' })).toEqual({
    heard: 'de-DE',
    spoken: 'de',
    voice: { mode: 'id', id: 'her-voice' },
    keys: ['Token deepgram-key', 'cartesia-key'],
  });
});

test('a persona without either has what the plugins choose', async () => {
  expect(await ask({})).toMatchObject({ heard: 'en-US', spoken: 'en', voice: { mode: 'id' } });
});
