/** What a `WebSocketLLM` can be told, and the check that it makes sense. Reads no environment. */

export interface WebSocketLLMOptions {
  /** The server: `ws://`, `wss://`, `http://` or `https://`. No credentials in it; use `token`. */
  url: string;
  /** Sent with the handshake as `Authorization: Bearer`. */
  token?: string;
  /** Further headers of the handshake. */
  headers?: Record<string, string>;
  /** How long one handshake may take, in milliseconds. Default 10,000. A call's own `connOptions.timeoutMs` may end the wait sooner. */
  connectTimeoutMs?: number;
}

export interface ResolvedOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  connectTimeoutMs: number;
}

/** @throws TypeError that names the option, what it is and what it should be */
export function resolveOptions(options: WebSocketLLMOptions): ResolvedOptions {
  const { token, headers = {}, connectTimeoutMs = 10_000 } = options;
  const url = checkUrl(options.url);
  if (!Number.isFinite(connectTimeoutMs) || connectTimeoutMs <= 0) {
    throw new TypeError(
      `WebSocketLLM: connectTimeoutMs is ${connectTimeoutMs}; give milliseconds above 0, or leave it out`,
    );
  }
  const names = Object.keys(headers);
  const broken = names.find((name) => !/^[\w-]+$/.test(name) || !isHeaderValue(headers[name]));
  if (broken !== undefined) {
    throw new TypeError(`WebSocketLLM: headers["${broken}"] is not a header of one line of printable ASCII`);
  }
  if (token === undefined) return { url, headers: { ...headers }, connectTimeoutMs };
  if (token === '' || !isHeaderValue(token) || /\s/.test(token)) {
    throw new TypeError(
      'WebSocketLLM: token is empty or holds spaces or line breaks; give it as the server knows it',
    );
  }
  if (names.some((name) => name.toLowerCase() === 'authorization')) {
    throw new TypeError('WebSocketLLM: both token and headers.Authorization are given; give one of them');
  }
  return { url, headers: { ...headers, Authorization: `Bearer ${token}` }, connectTimeoutMs };
}

function checkUrl(url: unknown): string {
  const example = 'give the address of the server, like ws://127.0.0.1:8765';
  if (typeof url !== 'string' || url === '') throw new TypeError(`WebSocketLLM: url is missing; ${example}`);
  if (!URL.canParse(url)) throw new TypeError(`WebSocketLLM: url "${url}" is not an address; ${example}`);
  const { protocol, username, password, hash } = new URL(url);
  if (!['ws:', 'wss:', 'http:', 'https:'].includes(protocol)) {
    throw new TypeError(`WebSocketLLM: url starts with ${protocol}//; ${example}`);
  }
  if (username !== '' || password !== '') {
    throw new TypeError(
      'WebSocketLLM: url holds credentials, which would end up in logs; use token or headers',
    );
  }
  if (hash !== '')
    throw new TypeError('WebSocketLLM: url ends in a #fragment, which no WebSocket has; remove it');
  return url;
}

function isHeaderValue(value: unknown): boolean {
  return typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value);
}
