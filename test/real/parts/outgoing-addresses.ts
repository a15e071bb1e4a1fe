/** Owns reading who was spoken with out of what `strace` writes. Knows nothing of who may be. */

/**
 * Every Internet address, as `address:port`, that something was sent to or connected with, each once. Sockets of the machine itself, such as
 * pipes between processes, have none.
 */
export function outgoingAddresses(trace: string): string[] {
  const addresses = new Set<string>();
  for (const line of trace.split('\n')) {
    if (!/\b(?:connect|sendto|sendmsg|sendmmsg)\(/.test(line)) continue;
    for (const [, port = '', v4, v6] of line.matchAll(
      /sin6?_port=htons\((\d+)\)[^}]*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")/g,
    )) {
      addresses.add(v4 === undefined ? `[${v6}]:${port}` : `${v4}:${port}`);
    }
  }
  return [...addresses].toSorted();
}
