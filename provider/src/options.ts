/** What a `WebSocketLLM` can be told, and the check that it makes sense. Reads no environment. */
import type { Token } from '@ws-llm/client';
import type { Params } from '@ws-llm/protocol';
import { checkOptions } from './check-options.ts';
import type { RequestDefaults } from './request.ts';
import type { ReplyDeadlines } from './stream.ts';

export interface WebSocketLLMOptions {
  /** The server: `ws://`, `wss://`, `http://` or `https://`. No credentials in it; use `token`. */
  url: string;
  /** Sent with the handshake as `Authorization: Bearer`. A function is asked before each handshake, so that tokens may expire. */
  token?: Token;
  /** Further headers of the handshake. */
  headers?: Record<string, string>;
  /** Who should answer, by the name that the server knows. Default: the server's own choice. */
  persona?: string;
  /** For every request, under OpenAI's names; a call's own `extraKwargs` go before them. Default: the persona's. */
  params?: Params;
  /** `speech` has markdown, links and emoji taken out by the server, where it can. Default: as the model writes. */
  output?: 'markdown' | 'speech';
  /** Bounds of a reply besides the call's own `connOptions.timeoutMs`; the shorter holds. */
  deadlines?: ReplyDeadlines;
  /** How long one handshake may take, in milliseconds. Default 10,000. A call's own `connOptions.timeoutMs` may end the wait sooner. */
  connectTimeoutMs?: number;
}

export interface ResolvedOptions {
  /** With the persona in it. */
  url: string;
  headers: Readonly<Record<string, string>>;
  token: Token | undefined;
  connectTimeoutMs: number;
  defaults: RequestDefaults;
  deadlines: ReplyDeadlines;
}

/** @throws TypeError that names the option, what it is and what it should be */
export function resolveOptions(options: WebSocketLLMOptions): ResolvedOptions {
  checkOptions(options);
  const { params, output, persona, deadlines = {}, connectTimeoutMs = 10_000 } = options;
  checkDuration('connectTimeoutMs', connectTimeoutMs);
  for (const [name, value] of Object.entries(deadlines)) {
    if (value !== undefined) checkDuration(`deadlines.${name}`, value);
  }
  if (output !== undefined && output !== 'markdown' && output !== 'speech') {
    throw new TypeError(`WebSocketLLM: output is "${String(output)}"; give "markdown" or "speech"`);
  }
  return {
    url: resolveUrl(options.url, persona),
    ...resolveCredentials(options),
    connectTimeoutMs,
    defaults: { ...(params !== undefined && { params }), ...(output !== undefined && { output }) },
    deadlines,
  };
}

function checkDuration(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new TypeError(`WebSocketLLM: ${name} is ${value}; give milliseconds above 0, or leave it out`);
}

function resolveCredentials({
  token,
  headers = {},
}: WebSocketLLMOptions): Pick<ResolvedOptions, 'headers' | 'token'> {
  const names = Object.keys(headers);
  const broken = names.find((name) => !/^[\w-]+$/.test(name) || !isHeaderValue(headers[name]));
  if (broken !== undefined) {
    throw new TypeError(`WebSocketLLM: headers["${broken}"] is not a header of one line of printable ASCII`);
  }
  if (token === undefined) return { headers: { ...headers }, token };
  if (typeof token !== 'function' && !/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError(
      'WebSocketLLM: token is empty or holds spaces or line breaks; give it as the server knows it',
    );
  }
  if (names.some((name) => name.toLowerCase() === 'authorization')) {
    throw new TypeError('WebSocketLLM: both token and headers.Authorization are given; give one of them');
  }
  return { headers: { ...headers }, token };
}

function resolveUrl(url: unknown, persona: string | undefined): string {
  const example = 'give the address of the server, like ws://127.0.0.1:8765';
  if (typeof url !== 'string' || url === '') throw new TypeError(`WebSocketLLM: url is missing; ${example}`);
  const addressed = withScheme(url);
  if (addressed !== undefined) {
    throw new TypeError(
      `WebSocketLLM: url "${url}" is not an address with ws:// or wss://; write "${addressed}"`,
    );
  }
  if (!URL.canParse(url)) throw new TypeError(`WebSocketLLM: url is not an address; ${example}`);
  const parsed = new URL(url);
  const { protocol, username, password, hash, searchParams } = parsed;
  if (!['ws:', 'wss:', 'http:', 'https:'].includes(protocol)) {
    throw new TypeError(`WebSocketLLM: url starts with ${protocol}; ${example}`);
  }
  if (username !== '' || password !== '') {
    throw new TypeError(
      'WebSocketLLM: url holds credentials, which would end up in logs; use token or headers',
    );
  }
  if (hash !== '')
    throw new TypeError('WebSocketLLM: url ends in a #fragment, which no WebSocket has; remove it');
  if (persona === undefined) return url;
  if (persona === '' || searchParams.has('persona')) {
    throw new TypeError('WebSocketLLM: persona is empty, or the url names one too; name one, in one place');
  }
  searchParams.set('persona', persona);
  return parsed.href;
}

/**
 * For a host, with a port and a path or without, what was probably meant. Undefined for everything
 * else: it may hold a password, and is not repeated.
 */
function withScheme(url: string): string | undefined {
  const host = /^(\[[\da-f:.]+\]|[a-z\d-]+(?:\.[a-z\d-]+)*)(?::\d{1,5})?(?:\/[\w./-]*)?$/i.exec(url)?.[1];
  if (host === undefined) return undefined;
  const isNear = host.startsWith('[') || !host.includes('.') || /^[\d.]+$/.test(host);
  return `${isNear ? 'ws' : 'wss'}://${url}`;
}

function isHeaderValue(value: unknown): boolean {
  return typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value);
}
