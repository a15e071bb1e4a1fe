/** Owns how `strace` notes to whom a program and all that it starts speak, and reading it. Knows nothing of who may be spoken to. */

/** What to start a program with, so that it is noted in this file. Nothing else is looked at, which would cost a multiple of the time. */
export function outgoingInto(file: string): readonly [string, ...string[]] {
  // The tracer stands beside the program, not above it: a signal reaches the program itself. Each socket is noted with who is at its ends.
  const options = ['-D', '-f', '-qq', '-yy', '--seccomp-bpf', '--signal=none'];
  return ['strace', ...options, '--trace=connect,sendto,sendmsg,sendmmsg', '-o', file];
}

/** A call that took its time is told in two lines, of which either may have the address. */
const call = /\b(connect|sendto|sendmsg|sendmmsg)(?:\(\d+<([\w-]+)| resumed>)/;
const named = /sin6?_port=htons\((\d+)\)[^}]*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")/g;
const connected = /\b(?:TCP|UDP)(?:v6)?:\[[^>]*->([^>]+)\]>/;

/**
 * Every Internet address, as `address:port`, with which something was connected or to which something was sent, each once, in order. Not
 * those with which a datagram socket was only connected: nothing is sent by that. Sockets of the machine itself, such as pipes between
 * processes, have none.
 */
export function outgoingAddresses(trace: string): string[] {
  const addresses = new Set<string>();
  for (const line of trace.split('\n')) {
    const [, name, protocol = ''] = call.exec(line) ?? [];
    if (name === undefined || (name === 'connect' && protocol.startsWith('UDP'))) continue;
    for (const [, port = '', v4, v6 = ''] of line.matchAll(named)) {
      addresses.add(`${v4 ?? `[${v6}]`}:${port}`);
    }
    const [, peer] = connected.exec(line) ?? [];
    if (peer !== undefined) addresses.add(peer);
  }
  return [...addresses].toSorted();
}
