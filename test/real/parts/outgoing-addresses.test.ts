/** Proves that no address is missed in what strace writes, and none is made up. The lines are its own. */
import { expect, test } from 'vitest';
import { outgoingAddresses } from './outgoing-addresses.ts';

test.each([
  [
    'a connection over IPv4, although it is not there yet',
    '7 connect(24<TCP:[55]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16) = -1 EINPROGRESS (Operation now in progress)',
    ['192.0.2.7:443'],
  ],
  [
    'a connection over IPv6',
    '7 connect(3<TCPv6:[55]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::7", &sin6_addr), sin6_scope_id=0}, 28) = -1 ECONNREFUSED (Connection refused)',
    ['[2001:db8::7]:443'],
  ],
  [
    'a call that took its time, told in two lines with another one between',
    `7 connect(24<TCP:[55]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16 <unfinished ...>
8 sendmmsg(31<UDP:[56]>,  <unfinished ...>
7 <... connect resumed>) = 0
8 <... sendmmsg resumed>[{msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("192.0.2.8")}, msg_namelen=16, msg_iov=[{iov_base="q", iov_len=1}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=1}], 1, 0) = 1`,
    ['192.0.2.7:443', '192.0.2.8:9'],
  ],
  [
    'a datagram to an address',
    '7 sendto(3<UDP:[57]>, "hello", 5, 0, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("192.0.2.7")}, 16) = 5',
    ['192.0.2.7:9'],
  ],
  [
    'a message to an address',
    '7 sendmsg(6<UDP:[58]>, {msg_name={sa_family=AF_INET, sin_port=htons(12), sin_addr=inet_addr("192.0.2.7")}, msg_namelen=16, msg_iov=[{iov_base="q", iov_len=1}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 1',
    ['192.0.2.7:12'],
  ],
  [
    'datagrams on sockets that are connected, as to look up a name',
    `7 sendto(4<UDP:[127.0.0.1:40975->192.0.2.7:53]>, "x", 1, 0, NULL, 0) = 1
7 sendto(4<UDPv6:[[::1]:48027->[2001:db8::7]:53]>, "x", 1, 0, NULL, 0) = 1`,
    ['192.0.2.7:53', '[2001:db8::7]:53'],
  ],
  [
    'the same address twice',
    `7 sendto(4<UDP:[127.0.0.1:1->192.0.2.7:53]>, "x", 1, 0, NULL, 0) = 1
9 sendto(4<UDP:[127.0.0.1:2->192.0.2.7:53]>, "x", 1, 0, NULL, 0) = 1`,
    ['192.0.2.7:53'],
  ],
])('tells %s', (_, trace, addresses) => {
  expect(outgoingAddresses(trace)).toEqual(addresses);
});

test.each([
  [
    'a datagram socket that is connected and sends nothing, as whoever asks the kernel for a route has',
    '7 connect(3<UDP:[55]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.7")}, 16) = 0',
  ],
  [
    'sockets of the machine itself',
    `7 sendto(4<UNIX-STREAM:[5383110->5383111]>, "y", 1, 0, NULL, 0) = 1
7 connect(6<UNIX-STREAM:[5383112]>, {sa_family=AF_UNIX, sun_path="/tmp/none"}, 12) = -1 ENOENT (No such file or directory)`,
  ],
  [
    'a question to the kernel',
    '7 sendto(17<NETLINK:[ROUTE:7]>, [{nlmsg_len=20, nlmsg_type=RTM_GETADDR}, {ifa_family=AF_UNSPEC}], 20, 0, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 20',
  ],
  ['the end of a process', '7 +++ exited with 0 +++\n'],
])('tells nothing of %s', (_, trace) => {
  expect(outgoingAddresses(trace)).toEqual([]);
});
