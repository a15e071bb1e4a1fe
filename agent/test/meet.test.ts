/** A job that ends while its persona server is asked leaves no connection to it. */
import { initializeLogger } from '@livekit/agents';
import { expect, onTestFinished, test } from 'vitest';
import { startScriptedServer } from '../../test/stand-ins/scripted-server.ts';
import { meet } from '../src/arrive.ts';
import { loadAgentConfig } from '../src/config.ts';
import { CurrentPersona } from '../src/current-persona.ts';
import { Lifetime } from '../src/lifetime.ts';
import { createSpeechParts } from '../src/speech-parts.ts';

initializeLogger({ pretty: false, level: 'silent' });

test.each([undefined, 'night-porter'])('persona %s: ended while it is asked', async (wanted) => {
  const server = await startScriptedServer({ ready: null });
  onTestFinished(() => server.close());
  const config = loadAgentConfig({
    LIVEKIT_URL: 'ws://127.0.0.1:1',
    LIVEKIT_API_KEY: 'k',
    LIVEKIT_API_SECRET: 's',
    DEEPGRAM_API_KEY: 'd',
    CARTESIA_API_KEY: 'c',
    WS_LLM_URL: server.url,
  });
  const job = new Lifetime();
  const persona = new CurrentPersona(createSpeechParts(config, 1_000));
  const meeting = meet(config.server, wanted, persona, job);
  await server.until(() => server.openSockets === 1);
  await job.end();
  await server.until(() => server.openSockets === 0);
  expect((await meeting).arrival).toBe('away');
});
