/** The configuration has defaults that work, and every mistake is told at once. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig, serverVariables } from '../src/config.ts';

test('an empty environment is enough', () => {
  expect(loadConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 8765,
    persona: 'healthcare-assistant',
    backend: { backend: undefined, ollamaHost: 'http://127.0.0.1:11434' },
  });
});

test('a variable that is set to nothing counts as not set', () => {
  expect(loadConfig({ PORT: '', LLM_BACKEND: '  ' })).toEqual(loadConfig({}));
});

test('every mistake is told, each with its variable and what was expected', () => {
  const wrong = {
    PORT: 'http',
    LLM_BACKEND: 'gpt',
    MEMORY_TURNS: '0',
    OPENAI_BASE_URL: 'localhost',
    LOG_LEVEL: 'loud',
  };
  expect(() => loadConfig(wrong)).toThrow(
    expect.objectContaining({
      name: 'ConfigError',
      message: expect.stringMatching(
        /PORT: [\s\S]*LLM_BACKEND: expected openai, ollama or demo[\s\S]*OPENAI_BASE_URL: [\s\S]*MEMORY_TURNS: [\s\S]*LOG_LEVEL: /,
      ),
    }),
  );
});

test.each(['0.0.0.0', '192.168.1.5', '::', 'example.org', '127.0.0.2', '127.999.0.1'])(
  'beyond loopback (%s) it does not start',
  (host) => {
    expect(() => loadConfig({ HOST: host })).toThrow(/HOST: .*loopback/);
  },
);

test('openai without key and without address says what is missing', () => {
  expect(() => loadConfig({ LLM_BACKEND: 'openai' })).toThrow(/OPENAI_API_KEY: .*OPENAI_BASE_URL/);
  expect(() => loadConfig({ LLM_BACKEND: 'openai', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' })).not.toThrow();
});

test.each([
  ['127.0.0.1:5000', 'http://127.0.0.1:5000'],
  ['127.0.0.1', 'http://127.0.0.1:11434'],
  ['0.0.0.0', 'http://127.0.0.1:11434'],
  ['http://box', 'http://box'],
])('OLLAMA_HOST=%s is what it is for Ollama itself', (given, meant) => {
  expect(loadConfig({ OLLAMA_HOST: given }).backend.ollamaHost).toBe(meant);
});

test('how long Ollama keeps a model is a time, a number of seconds, or for ever', () => {
  expect(loadConfig({}).backend.ollamaKeepAlive).toBe('30m');
  expect(() => loadConfig({ OLLAMA_KEEP_ALIVE: '-1' })).not.toThrow();
  expect(() => loadConfig({ OLLAMA_KEEP_ALIVE: 'long' })).toThrow(/OLLAMA_KEEP_ALIVE: expected a time/);
});

test('names and origins are taken as people write them', () => {
  const { policy } = loadConfig({
    ALLOWED_HOSTS: 'Persona.Home, box:9412',
    ALLOWED_ORIGINS: 'https://App.example.org/',
  });
  expect(policy).toEqual({
    allowedHosts: ['persona.home', 'box'],
    allowedOrigins: ['https://app.example.org'],
  });
});

test.each([
  ['an origin that is none', { ALLOWED_ORIGINS: 'app' }, /ALLOWED_ORIGINS/],
  [
    'a password in an address',
    { OPENAI_BASE_URL: 'http://bob:hunter2@127.0.0.1/v1' },
    /OPENAI_BASE_URL: .*password/,
  ],
  ['a time that no timer can wait', { TOTAL_TIMEOUT_MS: '3000000000' }, /TOTAL_TIMEOUT_MS/],
])('%s is refused at the start', (_, environment, words) => {
  expect(() => loadConfig(environment)).toThrow(words);
});

test('a password is not repeated in the message that refuses it', () => {
  expect(() => loadConfig({ OPENAI_BASE_URL: 'http://bob:hunter2@127.0.0.1/v1' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  );
});

test('.env.example lists every variable of the server', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const listed = [...example.matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(serverVariables.filter((name) => !listed.includes(name))).toEqual([]);
});
