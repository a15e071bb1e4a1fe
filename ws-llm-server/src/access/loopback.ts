/** Where a server without credentials may listen: PROTOCOL.md, "Who may connect" [P-115]. */

const names: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

export const loopbackOnly =
  'this server has no tokens yet and listens on loopback only: 127.0.0.1, ::1 or localhost';

/** `host`: as it is given to `listen`. An empty one means all addresses. */
export function isLoopback(host: string): boolean {
  return names.includes(host);
}
