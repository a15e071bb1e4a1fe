/**
 * How a token travels with a handshake: as an entry of the subprotocols, the only place that browsers have, or as a header.
 * Puts it into no message.
 */

declare function btoa(binary: string): string;
declare class TextEncoder {
  encode(text: string): Iterable<number>;
}

/** A credential, or what gives one each time that a socket is opened. */
export type Token = string | (() => string | Promise<string>);

/** What a handshake carries beside the dialect. */
export interface Credentials {
  protocols: string[];
  headers: Record<string, string>;
}

export function credentialsOf(token: string | undefined, place: 'subprotocol' | 'header'): Credentials {
  if (token === undefined) return { protocols: [], headers: {} };
  return place === 'header'
    ? { protocols: [], headers: { Authorization: `Bearer ${token}` } }
    : { protocols: [`bearer.${toBase64Url(token)}`], headers: {} };
}

/** A subprotocol is a token of HTTP: no `+`, `/` or `=`. */
function toBase64Url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
