/** The configuration has defaults that work, and every mistake is told at once. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig, serverVariables } from '../src/config.ts';
import { defaultLimits, defaultSharedLimits } from '../src/limits.ts';

test('an empty environment is enough', () => {
  expect(loadConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 8765,
    persona: 'healthcare-assistant',
    backend: { backends: [], ollamaHost: 'http://127.0.0.1:11434', ollamaNumCtx: undefined },
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
        /PORT: [\s\S]*LLM_BACKEND: expected openai, ollama, demo or[\s\S]*OPENAI_BASE_URL: [\s\S]*MEMORY_TURNS: [\s\S]*LOG_LEVEL: /,
      ),
    }),
  );
});

test.each(['0.0.0.0', '192.168.1.5', '::', 'example.org', '127.0.0.2', '127.999.0.1'])(
  'beyond loopback (%s) it does not start [P-115]',
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
  ['an image address that is none', { IMAGE_URLS: 'data:,cdn.example.org' }, /IMAGE_URLS: expected schemes/],
  [
    'a password in an address',
    { OPENAI_BASE_URL: 'http://bob:hunter2@127.0.0.1/v1' },
    /OPENAI_BASE_URL: .*password/,
  ],
  [
    'a password in the address of Ollama',
    { OLLAMA_HOST: 'http://bob:hunter2@box' },
    /OLLAMA_HOST: .*password/,
  ],
  ['a key with a letter that no header takes', { OPENAI_API_KEY: 'sk-…' }, /OPENAI_API_KEY: .*copy/],
  ['a key of two lines', { OPENAI_API_KEY: 'sk-a\nsk-b' }, /OPENAI_API_KEY: .*copy/],
  ['a time that no timer can wait', { TOTAL_TIMEOUT_MS: '3000000000' }, /TOTAL_TIMEOUT_MS/],
])('%s is refused at the start', (_, environment, words) => {
  expect(() => loadConfig(environment)).toThrow(words);
});

test('a password is not repeated in the message that refuses it', () => {
  expect(() => loadConfig({ OPENAI_BASE_URL: 'http://bob:hunter2@127.0.0.1/v1' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  );
});

test.each([
  ['PORT', '80a', 'expected a port, a whole number from 0 to 65535'],
  ['OLLAMA_HOST', 'ftp://box', 'expected an address such as http://127.0.0.1:11434'],
  ['FAILOVER_AFTER_MS', '-1', 'expected milliseconds, a number above 0 and up to 2147483647'],
  ['SHUTDOWN_GRACE_MS', '-1', 'expected milliseconds, a number from 0 to 2147483647'],
  ['ALLOWED_HOSTS', 'a b,c d', 'expected names such as persona.home'],
])('%s=%s is told once, with what would do', (variable, value, expected) => {
  expect(() => loadConfig({ [variable]: value })).toThrow(
    expect.objectContaining({ message: `The configuration does not work:\n  - ${variable}: ${expected}` }),
  );
});

test.each([
  ['LIMIT_FRAME_BYTES', 'frame_bytes', 1_024, 268_435_456],
  ['LIMIT_MESSAGES', 'messages', 1, 1_000_000],
  ['LIMIT_LIST_BYTES', 'list_bytes', 1_024, 1_073_741_824],
  ['LIMIT_MIRRORS', 'mirrors', 1, 10_000],
  ['LIMIT_OPEN_REQUESTS', 'open_requests', 1, 100_000],
  ['LIMIT_TOOL_BYTES', 'tool_bytes', 2, 268_435_456],
  ['LIMIT_ID_CHARS', 'id_chars', 8, 512],
  ['LIMIT_KEY_CHARS', 'key_chars', 8, 512],
  ['LIMIT_BUFFERED_BYTES', 'buffered_bytes', 16_384, 1_073_741_824],
  ['LIMIT_REPLY_CHARS', 'reply_chars', 1, 67_108_864],
  ['LIMIT_SERVER_CONNECTIONS', 'connections', 16, 1_000_000],
  ['LIMIT_SERVER_REQUESTS', 'requests', 16, 1_000_000],
  ['LIMIT_SERVER_INPUT_BYTES', 'input_bytes', 1_048_576, 1_099_511_627_776],
  ['LIMIT_SERVER_OUTPUT_BYTES', 'output_bytes', 1_048_576, 1_099_511_627_776],
  ['LIMIT_SERVER_KEPT_BYTES', 'kept_bytes', 1_048_576, 1_099_511_627_776],
] as const)('%s is a whole number within its range', (variable, key, min, max) => {
  const roomy = { LIMIT_TOOL_BYTES: '2', LIMIT_FRAME_BYTES: '268435456' };
  for (const value of [min, max]) {
    const environment = variable === 'LIMIT_FRAME_BYTES' ? { LIMIT_TOOL_BYTES: '2' } : roomy;
    const { limits, sharedLimits } = loadConfig({ ...environment, [variable]: String(value) });
    expect({ ...limits, ...sharedLimits }[key]).toBe(value);
  }
  for (const value of [min - 1, max + 1, min + 0.5, 'Infinity', 'much']) {
    expect(() => loadConfig({ [variable]: String(value) })).toThrow(
      `${variable}: expected a whole number from ${min} to ${max}`,
    );
  }
});

test.each([
  ['FIRST_TOKEN_TIMEOUT_MS', 'first_token_ms'],
  ['IDLE_TIMEOUT_MS', 'idle_ms'],
  ['TOTAL_TIMEOUT_MS', 'total_ms'],
  ['STALLED_TIMEOUT_MS', 'stalled_ms'],
  ['PING_INTERVAL_MS', 'ping_interval_ms'],
  ['SILENCE_TIMEOUT_MS', 'silence_ms'],
] as const)('%s is a time that a timer can wait', (variable, key) => {
  const patient = { SILENCE_TIMEOUT_MS: '2147483647' };
  expect(loadConfig({ ...patient, [variable]: '25000' }).limits[key]).toBe(25_000);
  for (const value of ['0', '-1', '2147483648', 'Infinity', 'soon']) {
    expect(() => loadConfig({ [variable]: value })).toThrow(`${variable}: `);
  }
});

test('limits that cannot hold together are told, with all other mistakes', () => {
  const wrong = {
    PORT: 'http',
    LLM_BACKEND: 'openai',
    LIMIT_FRAME_BYTES: '65536',
    LIMIT_TOOL_BYTES: '65537',
    PING_INTERVAL_MS: '5000',
    SILENCE_TIMEOUT_MS: '5000',
  };
  expect(() => loadConfig(wrong)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /PORT: [\s\S]*OPENAI_API_KEY: [\s\S]*LIMIT_TOOL_BYTES: 65537 [\s\S]*SILENCE_TIMEOUT_MS: 5000 .*PING_INTERVAL_MS/,
      ),
    }),
  );
  const possible = { LIMIT_FRAME_BYTES: '65536', LIMIT_TOOL_BYTES: '65536' };
  expect(() =>
    loadConfig({ ...possible, PING_INTERVAL_MS: '5000', SILENCE_TIMEOUT_MS: '5001' }),
  ).not.toThrow();
});

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');

test('.env.example shows the limits as they are where nobody sets them', () => {
  const shown = Object.fromEntries(
    [...example.matchAll(/^# (LIMIT_\w+|\w+_(?:TIMEOUT|INTERVAL)_MS)=(\d+)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
  const names = [...Object.keys(defaultLimits), ...Object.keys(defaultSharedLimits)];
  expect(Object.keys(shown).length).toBe(names.length);
  for (const { limits, sharedLimits } of [loadConfig(shown), loadConfig({})]) {
    expect(limits).toEqual(defaultLimits);
    expect(sharedLimits).toEqual(defaultSharedLimits);
  }
});

const serverPart = example.slice(0, example.indexOf('# ---- The agent'));

test('.env.example lists every variable of the server, and in its part no other', () => {
  const listed = [...serverPart.matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(serverVariables.toSorted());
});

test('.env.example shows what holds where nothing is set, or an example', () => {
  const shown = [...serverPart.matchAll(/^# ([A-Z_]+)=(.+)$/gm)].map(([, name = '', value]) => [name, value]);
  const examples = [
    'PERSONAS_DIR',
    'LLM_BACKEND',
    'LLM_MODEL',
    'OPENAI_API_KEY',
    'OPENAI_BASE_URL',
    'OLLAMA_NUM_CTX',
    'ALLOWED_HOSTS',
    'ALLOWED_ORIGINS',
  ];
  const defaults = Object.fromEntries(
    shown.filter(([name = '']) => !examples.includes(name)),
  ) as NodeJS.Dict<string>;
  expect(loadConfig(defaults)).toEqual(loadConfig({}));
  expect(() => loadConfig(Object.fromEntries(shown) as NodeJS.Dict<string>)).not.toThrow();
});

test('one backend alone may take all the time that there is', () => {
  expect(loadConfig({ LLM_BACKEND: 'demo', FAILOVER_AFTER_MS: '60000' }).backend.failoverAfterMs).toBe(
    60_000,
  );
});

test('several backends and their models stand in the same order; an empty place leaves the choice', () => {
  const choices = (LLM_BACKEND: string, LLM_MODEL: string): unknown =>
    loadConfig({ LLM_BACKEND, LLM_MODEL, OPENAI_API_KEY: 'sk-x' }).backend.backends;
  expect(choices('ollama, openai', 'llama3.2, gpt-4o-mini')).toEqual([
    { kind: 'ollama', model: 'llama3.2' },
    { kind: 'openai', model: 'gpt-4o-mini' },
  ]);
  expect(choices('./my-backend.js,demo', '')).toEqual([
    { kind: 'module', path: './my-backend.js', model: undefined },
    { kind: 'demo', model: undefined },
  ]);
  expect(choices('ollama,openai', ',gpt-4o-mini')).toMatchObject([
    { model: undefined },
    { model: 'gpt-4o-mini' },
  ]);
});

test.each([
  ['a backend that is named twice', { LLM_BACKEND: 'demo,demo' }, /LLM_BACKEND: demo is named twice/],
  ['more models than backends', { LLM_BACKEND: 'ollama', LLM_MODEL: 'a,b' }, /LLM_MODEL: more models/],
  ['one of several without its key', { LLM_BACKEND: 'ollama,openai' }, /OPENAI_API_KEY: needed/],
  [
    'a failover that comes too late',
    { LLM_BACKEND: 'ollama,demo', FAILOVER_AFTER_MS: '60000' },
    /FAILOVER_AFTER_MS: 60000 leaves no time/,
  ],
  ['a backend that nobody knows', { LLM_BACKEND: 'ollama,gpt' }, /LLM_BACKEND: expected/],
])('%s is told at the start', (_, environment, words) => {
  expect(() => loadConfig(environment)).toThrow(words);
});
