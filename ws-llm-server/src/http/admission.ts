/**
 * Who may come in without credentials: PROTOCOL.md, "Who may connect". Host guards against DNS rebinding, Origin against pages of
 * others. Pure; sockets and status codes are its callers'.
 */
import type { Role } from '../access/role.ts';

export interface AdmissionPolicy {
  /** Host names beside the loopback ones, without ports. */
  allowedHosts: readonly string[];
  /** Origins beside the server's own, as browsers write them: `https://example.org`. */
  allowedOrigins: readonly string[];
}

export type Admission =
  | { outcome: 'admitted'; role: Role }
  | { outcome: 'refused'; because: 'host' | 'origin'; message: string };

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Decides by the headers Host and Origin, as they came. */
export function admit(
  headers: { host: string | undefined; origin: string | undefined },
  policy: AdmissionPolicy,
): Admission {
  const host = parseHost(headers.host);
  const known = [...loopbackNames, ...policy.allowedHosts];
  if (host === undefined || !known.includes(host.hostname)) {
    return {
      outcome: 'refused',
      because: 'host',
      message: 'This server does not answer to that Host. Add its name to ALLOWED_HOSTS.',
    };
  }
  const { origin } = headers;
  if (origin === undefined) return { outcome: 'admitted', role: 'agent' };
  // A page from disk, and also a sandboxed frame in anyone's page: nobody can tell them apart.
  if (origin === 'null') return { outcome: 'admitted', role: 'guest' };
  if (policy.allowedOrigins.includes(origin) || isOwn(origin, host, known)) {
    return { outcome: 'admitted', role: 'agent' };
  }
  return {
    outcome: 'refused',
    because: 'origin',
    message: 'Pages from that origin may not connect. Add it to ALLOWED_ORIGINS.',
  };
}

/** A page that this server itself served, under whichever of its names. */
function isOwn(origin: string, host: URL, known: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname, port, protocol } = new URL(origin);
  return protocol === 'http:' && known.includes(hostname) && port === host.port;
}

function parseHost(header: string | undefined): URL | undefined {
  const address = `http://${header ?? ''}`;
  return header !== undefined && URL.canParse(address) ? new URL(address) : undefined;
}
