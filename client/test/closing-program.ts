/**
 * A program with three connections: one that talks, one whose handshake hangs, one that waits for its next attempt. Closes them, says
 * so, and does nothing to exit. Run by closing.test.ts with their addresses.
 */
import { WebSocket } from 'ws';
import { Connection } from '../src/index.ts';

const [talking, silent, away] = process.argv.slice(2).map(
  (url) =>
    new Connection({
      url,
      open: (address, protocols) => new WebSocket(address, protocols),
      backOffMs: { first: 60_000, max: 60_000 },
    }),
);
if (talking === undefined || silent === undefined || away === undefined) {
  throw new Error('give three addresses: a server that talks, one that is silent, one that is away');
}

const hanging = silent.open().catch((error: unknown) => error);
await away.open().catch((error: unknown) => error);
const channel = await talking.open();
channel.chat(
  { messages: [{ role: 'user', content: 'Hi' }] },
  { part: () => undefined, end: () => undefined },
);
for (const connection of [talking, silent, away]) connection.close();
await hanging;
process.stdout.write('closed\n');
