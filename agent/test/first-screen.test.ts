/**
 * The first screen says which servers are used, whether they answer, what to do if not, and which
 * rooms are joined.
 */
import { expect, test } from 'vitest';
import { loadAgentConfig } from '../src/config.ts';
import { describeStart, startFields } from '../src/first-screen.ts';

const config = loadAgentConfig({
  LIVEKIT_URL: 'ws://127.0.0.1:7880',
  LIVEKIT_API_KEY: 'devkey',
  LIVEKIT_API_SECRET: 'a-secret',
  DEEPGRAM_API_KEY: 'deepgram-key',
  CARTESIA_API_KEY: 'cartesia-key',
  CARTESIA_BASE_URL: 'http://127.0.0.1:1',
  WS_LLM_TOKEN: 'a-token',
});
const healthUrl = 'http://127.0.0.1:8081/';

test('where both servers answer it names them and what they are', () => {
  const text = describeStart(config, {
    persona: { type: 'answers', as: 'Healthcare assistant, with llama3.2' },
    livekit: { type: 'answers', as: undefined },
    agentName: 'healthcare',
    healthUrl,
  });
  expect(text).toMatch(/persona +ws:\/\/127.0.0.1:8765 answers as Healthcare assistant, with llama3.2\n/);
  expect(text).toMatch(/livekit +ws:\/\/127.0.0.1:7880 answers\n/);
  expect(text).toMatch(/rooms +joins the rooms that ask for the agent "healthcare"/);
  expect(text).toMatch(/hearing +Deepgram, key set\n/);
  expect(text).toMatch(/speaking +Cartesia, key set, at http:\/\/127.0.0.1:1\n/);
  expect(text).toContain(healthUrl);
});

test('where they are away it says why, and what to do', () => {
  const screen = {
    persona: { type: 'away', why: 'connect ECONNREFUSED 127.0.0.1:8765' },
    livekit: { type: 'away', why: 'connect ECONNREFUSED 127.0.0.1:7880' },
    agentName: undefined,
    healthUrl,
  } as const;
  const text = describeStart(config, screen);
  expect(text).toMatch(/8765 does not answer \(connect ECONNREFUSED 127.0.0.1:8765\)\n.*npm start/);
  expect(text).toMatch(/7880 does not answer .*\n.*livekit-server --dev/);
  expect(text).toMatch(/rooms +joins every new room/);
  expect(startFields(config, screen)).toMatchObject({ personaServerAnswers: false, livekitAnswers: false });
});

test('no key, secret or token is on it', () => {
  const screen = {
    persona: { type: 'answers', as: undefined },
    livekit: { type: 'answers', as: undefined },
    agentName: undefined,
    healthUrl,
  } as const;
  const text = describeStart(config, screen) + JSON.stringify(startFields(config, screen));
  expect(text).not.toMatch(/deepgram-key|cartesia-key|a-secret|a-token|devkey/);
});
