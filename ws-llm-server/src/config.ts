/**
 * The server's configuration: every variable, what it is for, and its default. Pure over the record that it is given; finds all
 * mistakes at once. `.env.example` lists the same variables; a test compares them.
 */
import type { SharedLimits } from '@ws-llm/protocol';
import { z } from 'zod';
import { isLoopback, loopbackOnly } from './access/loopback.ts';
import {
  choiceContradictions,
  firstModel,
  isBackendName,
  toBackendChoices,
} from './backends/backend-choice.ts';
import type { BackendConfig } from './backends/choose-backend.ts';
import { defaultKeepAlive, parseKeepAlive } from './backends/keep-alive.ts';
import { defaultImageUrls, isImagePrefix } from './connection/image-urls.ts';
import type { AdmissionPolicy } from './http/admission.ts';
import type { TurnLimits } from './context/turns.ts';
import {
  limitContradictions,
  limitVariables,
  longestTimerMs,
  milliseconds,
  toLimits,
  toSharedLimits,
} from './limit-variables.ts';
import type { ConnectionLimits } from './limits.ts';

export interface ServerConfig {
  host: string;
  port: number;
  /** Who answers where nobody else is asked for: name of a persona, or path of a Markdown file. */
  persona: string;
  /** The operator's own personas. */
  personasFolder: string | undefined;
  backend: BackendConfig;
  turnLimits: TurnLimits;
  limits: ConnectionLimits;
  /** What all clients may hold together. */
  sharedLimits: SharedLimits;
  policy: AdmissionPolicy;
  /** Allowed prefixes of the image addresses of an agent. */
  imageUrls: readonly string[];
  /** How long open replies may go on when the server stops. */
  shutdownGraceMs: number;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

/** Everything that is wrong with the configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: readonly string[]) {
    super(`The configuration does not work:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()])));

const atLeastOne = z.coerce
  .number({ error: 'expected a whole number' })
  .int()
  .min(1, { error: 'expected at least 1' });
function url(example: string, aboutKeys: string): z.ZodURL {
  return z
    .url({ protocol: /^https?$/, error: `expected an address such as ${example}` })
    .refine(
      (text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''),
      { error: `an address cannot hold a password; ${aboutKeys}` },
    );
}

/** As Ollama takes its own variable: without scheme and port too, and 0.0.0.0 for a server that is on this machine. */
const ollamaHost = z
  .preprocess(
    (value) => {
      if (typeof value !== 'string') return value;
      const hasScheme = value.includes('://');
      const address = hasScheme ? value : `http://${value}`;
      if (!URL.canParse(address)) return value;
      const parsed = new URL(address);
      if (!hasScheme && parsed.port === '') parsed.port = '11434';
      if (parsed.hostname === '0.0.0.0') parsed.hostname = '127.0.0.1';
      return parsed.href.replace(/\/$/, '');
    },
    url('http://127.0.0.1:11434', 'Ollama itself asks for none'),
  )
  .default('http://127.0.0.1:11434');

/** It goes into a header, which takes nothing else. */
const apiKey = z.string().regex(/^[!-~]+$/, {
  error: 'holds a space, a line break or a letter that is in no key; copy the whole key again',
});

/** A Host header's name: lower case, without a port. */
const hostName = z
  .string()
  .refine((text) => URL.canParse(`http://${text}`), { error: 'expected names such as persona.home' })
  .transform((text) => new URL(`http://${text}`).hostname);

/** An origin as browsers write it. */
const origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin !== 'null', {
    error: 'expected origins such as https://app.example.org',
  })
  .transform((text) => new URL(text).origin);

const variables = z.object({
  HOST: z.string().default('127.0.0.1').refine(isLoopback, { error: loopbackOnly }),
  PORT: z.coerce
    .number({ error: 'expected a port, a whole number from 0 to 65535' })
    .int()
    .min(0)
    .max(65_535)
    .default(8765),
  PERSONA: z.string().default('healthcare-assistant'),
  PERSONAS_DIR: z.string().optional(),
  LLM_BACKEND: list.refine((names) => names.every(isBackendName), {
    error: 'expected openai, ollama, demo or the path of a module such as ./my-backend.js; several by commas',
  }),
  LLM_MODEL: z.string().optional(),
  FAILOVER_AFTER_MS: milliseconds.default(5_000),
  OPENAI_API_KEY: apiKey.optional(),
  OPENAI_BASE_URL: url('http://127.0.0.1:1234/v1', 'a key goes into OPENAI_API_KEY').optional(),
  OLLAMA_HOST: ollamaHost,
  OLLAMA_KEEP_ALIVE: z
    .string()
    .default(defaultKeepAlive)
    .refine((text) => parseKeepAlive(text) !== undefined, {
      error: 'expected a time such as 30m, a number of seconds, or -1 for ever',
    }),
  OLLAMA_NUM_CTX: atLeastOne.optional(),
  MEMORY_TURNS: atLeastOne.default(20),
  MEMORY_CHARS: atLeastOne.default(12_000),
  ...limitVariables,
  SHUTDOWN_GRACE_MS: z.coerce
    .number({ error: `expected milliseconds, a number from 0 to ${longestTimerMs}` })
    .min(0)
    .max(longestTimerMs)
    .default(10_000),
  ALLOWED_HOSTS: list.pipe(z.array(hostName)),
  ALLOWED_ORIGINS: list.pipe(z.array(origin)),
  IMAGE_URLS: list.refine((prefixes) => prefixes.every(isImagePrefix), {
    error: 'expected schemes or addresses such as data:,https://cdn.example.org/',
  }),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'expected trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
});

/** Names of all variables that the server reads. */
export const serverVariables: readonly string[] = Object.keys(variables.shape);

/**
 * A variable that is empty counts as not set.
 * @throws ConfigError
 */
export function loadConfig(environment: Record<string, string | undefined>): ServerConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''));
  const parsed = variables.safeParse(given);
  const wrong = parsed.error?.issues.map(({ path: [name], message }) => `${String(name)}: ${message}`) ?? [];
  const problems = [...wrong, ...missing(given), ...failoverTooLate(given), ...limitContradictions(given)];
  // Of a list each entry may have been told.
  if (!parsed.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const value = parsed.data;
  return {
    host: value.HOST,
    port: value.PORT,
    persona: value.PERSONA,
    personasFolder: value.PERSONAS_DIR,
    backend: {
      backends: toBackendChoices(value.LLM_BACKEND, value.LLM_MODEL),
      model: firstModel(value.LLM_MODEL),
      failoverAfterMs: value.FAILOVER_AFTER_MS,
      openAIKey: value.OPENAI_API_KEY,
      openAIBaseUrl: value.OPENAI_BASE_URL,
      ollamaHost: value.OLLAMA_HOST,
      ollamaKeepAlive: value.OLLAMA_KEEP_ALIVE,
      ollamaNumCtx: value.OLLAMA_NUM_CTX,
    },
    turnLimits: { turns: value.MEMORY_TURNS, chars: value.MEMORY_CHARS },
    limits: toLimits(value),
    sharedLimits: toSharedLimits(value),
    shutdownGraceMs: value.SHUTDOWN_GRACE_MS,
    policy: { allowedHosts: value.ALLOWED_HOSTS, allowedOrigins: value.ALLOWED_ORIGINS },
    imageUrls: value.IMAGE_URLS.length === 0 ? defaultImageUrls : value.IMAGE_URLS,
    logLevel: value.LOG_LEVEL,
  };
}

function missing(given: Record<string, string | undefined>): string[] {
  const names = list.parse(given['LLM_BACKEND']);
  const problems = choiceContradictions(names, given['LLM_MODEL']);
  const { OPENAI_API_KEY: key, OPENAI_BASE_URL: address } = given;
  if (names.includes('openai') && key === undefined && address === undefined) {
    problems.push(
      'OPENAI_API_KEY: needed by LLM_BACKEND=openai; for a compatible server set OPENAI_BASE_URL instead, such as http://127.0.0.1:1234/v1',
    );
  }
  return problems;
}

const failoverVariables = variables.pick({
  LLM_BACKEND: true,
  FAILOVER_AFTER_MS: true,
  FIRST_TOKEN_TIMEOUT_MS: true,
});

/** Each of several backends but the last has to leave the next one time. Nothing where a variable is wrong by itself. */
function failoverTooLate(given: Record<string, string | undefined>): string[] {
  const { data } = failoverVariables.safeParse(given);
  if (data === undefined || data.LLM_BACKEND.length < 2) return [];
  const { FAILOVER_AFTER_MS: after, FIRST_TOKEN_TIMEOUT_MS: whole } = data;
  if (after < whole) return [];
  return [
    `FAILOVER_AFTER_MS: ${after} leaves no time to the next backend; expected less than FIRST_TOKEN_TIMEOUT_MS, which is ${whole}`,
  ];
}
