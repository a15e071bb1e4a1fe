// Whoever starts the agent learns at once everything that is missing or wrong, what it is for, and what it could be.
import { expect, test } from 'vitest';
import { ConfigError, loadAgentConfig } from '../src/config.ts';

const complete = {
  LIVEKIT_URL: 'ws://127.0.0.1:7880',
  LIVEKIT_API_KEY: 'devkey',
  LIVEKIT_API_SECRET: 'secret',
  DEEPGRAM_API_KEY: 'd',
  CARTESIA_API_KEY: 'c',
};

/** What `loadAgentConfig` complains about. */
function complaint(env: Record<string, string | undefined>): string {
  try {
    loadAgentConfig(env);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

test('the five required variables are enough', () => {
  expect(loadAgentConfig(complete)).toEqual({
    livekit: { url: 'ws://127.0.0.1:7880', apiKey: 'devkey', apiSecret: 'secret' },
    deepgram: { apiKey: 'd', baseUrl: undefined },
    cartesia: { apiKey: 'c', baseUrl: undefined },
    server: { url: 'ws://127.0.0.1:8765', token: undefined },
    agentName: undefined,
    maxRooms: 8,
    healthPort: undefined,
    sessionLogDir: undefined,
  });
});

test('everything that may be set is used', () => {
  const env = {
    ...complete,
    WS_LLM_URL: 'wss://persona.example',
    WS_LLM_TOKEN: 't',
    DEEPGRAM_BASE_URL: 'ws://127.0.0.1:1',
    CARTESIA_BASE_URL: 'http://127.0.0.1:2',
    AGENT_NAME: 'healthcare',
    AGENT_MAX_ROOMS: '40',
    AGENT_HEALTH_PORT: '9000',
    SESSION_LOG_DIR: './conversations',
    LOG_LEVEL: 'silent',
  };
  expect(loadAgentConfig(env)).toMatchObject({
    deepgram: { baseUrl: 'ws://127.0.0.1:1' },
    cartesia: { baseUrl: 'http://127.0.0.1:2' },
    server: { url: 'wss://persona.example', token: 't' },
    agentName: 'healthcare',
    maxRooms: 40,
    healthPort: 9000,
    sessionLogDir: './conversations',
  });
});

test('all that is missing is named at once, each with its purpose and an example', () => {
  const message = complaint({});
  for (const name of Object.keys(complete)) expect(message).toContain(`${name} is missing`);
  expect(message).toContain('turns speech into text');
  expect(message).toContain('example: ws://127.0.0.1:7880');
  expect(message).not.toContain('WS_LLM_URL');
});

test('an empty variable is a missing one', () => {
  expect(complaint({ ...complete, DEEPGRAM_API_KEY: '' })).toContain('DEEPGRAM_API_KEY is missing');
  expect(loadAgentConfig({ ...complete, WS_LLM_URL: '' }).server.url).toBe('ws://127.0.0.1:8765');
});

test.each([
  ['LIVEKIT_URL', 'localhost:7880'],
  ['WS_LLM_URL', 'ftp://x'],
  ['CARTESIA_BASE_URL', 'ws://x'],
  ['AGENT_MAX_ROOMS', '0'],
  ['AGENT_MAX_ROOMS', 'many'],
  ['AGENT_HEALTH_PORT', '70000'],
  ['AGENT_HEALTH_PORT', 'eighty'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s is refused by name', (name, value) => {
  expect(complaint({ ...complete, [name]: value })).toContain(`${name} is not`);
});

test('a key that no header takes is refused, and not repeated', () => {
  const message = complaint({ ...complete, DEEPGRAM_API_KEY: 'dg-…', CARTESIA_API_KEY: 'my secret' });
  expect(message).toContain('DEEPGRAM_API_KEY holds');
  expect(message).toContain('CARTESIA_API_KEY holds');
  expect(message).not.toMatch(/dg-…|my secret/);
});

test('secrets are never repeated in a complaint', () => {
  expect(complaint({ ...complete, LIVEKIT_URL: 'my-secret-value' })).not.toContain('my-secret-value');
});
