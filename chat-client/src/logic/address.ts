/**
 * Decides which server the page connects to, from the page's own address, the address chosen in the
 * settings, and the links that the reader agreed to. Reads neither storage nor the DOM; its callers
 * pass in what they found there.
 */

/** The part of `window.location` that decides. */
export interface PageLocation {
  protocol: string;
  host: string;
  search: string;
}

/** What earlier visits left in storage. */
export interface KnownAddresses {
  /** Chosen in the settings. */
  remembered: string | undefined;
  /** Named by links, and agreed to. */
  agreed: readonly string[];
}

export interface AddressChoice {
  /** Where the page connects now. */
  address: string;
  /**
   * The page's own server, which is used if `address` does not answer. Absent: the page keeps
   * trying `address`.
   */
  fallback?: string;
  /** What a link asks for and the page does not do by itself. */
  link?: LinkRequest;
}

export type LinkRequest =
  /** The link names another server; the reader must agree first. */
  | { type: 'question'; address: string }
  /** The link names something that is not the address of a server. It is never dialled. */
  | { type: 'invalid'; text: string };

/** Where the server listens by default; for a page that was opened from disk. */
const localAddress = 'ws://localhost:8765/';

/** The server that served the page, or the local one for a page from disk. */
export function defaultAddress({ protocol, host }: PageLocation): string {
  switch (protocol) {
    case 'http:':
      return `ws://${host}/`;
    case 'https:':
      return `wss://${host}/`;
    default:
      return localAddress;
  }
}

/**
 * What a person typed, as the address of a WebSocket: `localhost:8765` and `http://...` are understood too.
 * Undefined if it is not an address.
 */
export function parseAddress(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(trimmed) ? trimmed : `ws://${trimmed}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return undefined;
  url.hash = '';
  return url.href;
}

/**
 * A link's `?server=` wins if it stays with the page's own server or the reader has agreed to
 * exactly this address. Any other one is a question; until it is answered the page uses the address
 * chosen in the settings, else its own server.
 */
export function chooseAddress(location: PageLocation, { remembered, agreed }: KnownAddresses): AddressChoice {
  const own = defaultAddress(location);
  const isElsewhere = remembered !== undefined && remembered !== own;
  const usual: AddressChoice = {
    address: remembered ?? own,
    // A page from disk has no server of its own to fall back to.
    ...(isElsewhere && isServed(location) && { fallback: own }),
  };
  const text = new URLSearchParams(location.search).get('server')?.trim() ?? '';
  if (text === '') return usual;
  const address = parseAddress(text);
  // `new WebSocket` accepts more than `parseAddress`, such as `https:host` and `//host`, so what is
  // not understood is not dialled.
  if (address === undefined) return { ...usual, link: { type: 'invalid', text } };
  if (isOwn(address, location) || address === remembered || agreed.includes(address)) return { address };
  return { ...usual, link: { type: 'question', address } };
}

function isServed({ protocol }: PageLocation): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

/** Whether an address leads to the server that served the page; from disk, to this machine. */
function isOwn(address: string, location: PageLocation): boolean {
  const { protocol, host, hostname } = new URL(address);
  if (!isServed(location)) return isLoopback(hostname);
  const own = new URL(defaultAddress(location));
  return protocol === own.protocol && host === own.host;
}

/** Names as `URL` writes them: `127.1` has become `127.0.0.1`. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** An address as a person reads it: host, and path if there is one. */
export function shortAddress(address: string): string {
  if (!URL.canParse(address)) return address;
  const { host, pathname, search } = new URL(address);
  return `${host}${pathname === '/' ? '' : pathname}${search}`;
}

/**
 * Who receives what is written: scheme, host and port, without the part that a link can fill with
 * reassuring words.
 */
export function serverOf(address: string): string {
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}
