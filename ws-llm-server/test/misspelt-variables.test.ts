/** A variable that nobody reads, but that is nearly one of ours, is told with the one that was meant; what else is set is nobody's business. */
import { expect, test } from 'vitest';
import { serverVariables } from '../src/config.ts';
import { misspeltVariables } from '../src/misspelt-variables.ts';

test.each([
  ['OPENAI_BASEURL', 'OPENAI_BASE_URL'],
  ['LLM_MODLE', 'LLM_MODEL'],
  ['LLM_BACKENDS', 'LLM_BACKEND'],
  ['PERSONA_DIR', 'PERSONAS_DIR'],
  ['OLAMA_HOST', 'OLLAMA_HOST'],
  ['OPENAI_APIKEY', 'OPENAI_API_KEY'],
])('%s is told, and %s with it', (given, meant) => {
  expect(misspeltVariables([given], serverVariables)).toEqual([
    `${given} is not a variable of this server. Is ${meant} meant?`,
  ]);
});

test('what is ours, and what others set, is not told', () => {
  const others = [
    'PATH',
    'HOSTNAME',
    'PORTS',
    'POST',
    'PERSON',
    'OLLAMA_MODELS',
    'OPENAI_ORG_ID',
    'LOGLEVEL_X',
  ];
  const agents = [
    'LIVEKIT_URL',
    'LIVEKIT_API_KEY',
    'DEEPGRAM_API_KEY',
    'AGENT_NAME',
    'WS_LLM_URL',
    'WS_LLM_TOKEN',
  ];
  expect(misspeltVariables([...serverVariables, ...others, ...agents], serverVariables)).toEqual([]);
});
