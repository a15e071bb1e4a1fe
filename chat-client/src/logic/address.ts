/**
 * Which server the page talks to: what the page's own address asks for, what was chosen before, or where it came from.
 * Knows nothing of storage or sockets; it is given what they hold.
 */

/** The part of `window.location` that decides. */
export interface PageLocation {
  protocol: string;
  host: string;
  search: string;
}

/** Where the server listens unless told otherwise; for a page that was opened from disk. */
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
 * Undefined where it is none.
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
 * `?server=` wins, then what was chosen in the settings, then the default. A `?server=` that is no address is
 * kept as it is, so that the failure names it.
 */
export function chooseAddress(location: PageLocation, remembered: string | undefined): string {
  const asked = new URLSearchParams(location.search).get('server');
  if (asked !== null && asked.trim() !== '') return parseAddress(asked) ?? asked;
  return remembered ?? defaultAddress(location);
}

/** An address as a person reads it: host, and path where there is one. */
export function shortAddress(address: string): string {
  if (!URL.canParse(address)) return address;
  const { host, pathname, search } = new URL(address);
  return `${host}${pathname === '/' ? '' : pathname}${search}`;
}
