/**
 * What replies leave behind in memory: growth of each process's heap over replies on 100 sockets, garbage collected before each reading.
 * The server, and the server with a planted leak of 1 KiB a reply, against the bare relay.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from '../child.ts';
import { SocketClient } from '../load/socket-client.ts';
import { startParts, startServer } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

const sockets = 100;
/** Replies on each socket that do not count: until then a connection still learns ids, of which it remembers 1,024. */
const warmUpReplies = 1_100;
/** After the last reply: what belongs to it is let go of a little later, and would count as left behind. */
const settleMs = 500;

/** `samples` are replies; a block is one number. */
export async function leakGroup({ samples: replies, code, preload }: RowOptions): Promise<Group> {
  const parts = await startParts({ code, preload });
  const leaking = await startServer(parts.model, { code, preload: 'plant-leak.mjs' });
  await parts.model.behave({ tokens: ['word ', 'word.'] });
  const open = (dial: () => Promise<SocketClient>): Promise<SocketClient[]> =>
    Promise.all(Array.from({ length: sockets }, dial));
  const clients = {
    relay: await open(() => parts.toRelay()),
    server: await open(() => parts.toServer()),
    leaking: await open(() => SocketClient.open(`ws://127.0.0.1:${leaking.port}/`)),
  };
  const toCase = (name: string, child: Child, own: SocketClient[]): Case => {
    let before = NaN;
    return {
      name,
      async run() {
        if (Number.isNaN(before)) before = await heapAfter(child, own, warmUpReplies * sockets);
        const after = await heapAfter(child, own, replies);
        // From block to block: V8 lets go of code that did not run lately, and what is compiled again is not left behind.
        const left = (after - before) / replies;
        before = after;
        return [left];
      },
    };
  };
  return {
    name: `heap left by each of ${replies} replies a block`,
    unit: 'bytes',
    comparison: 'difference',
    control: toCase('relay', parts.relay, clients.relay),
    cases: [toCase('server', parts.server, clients.server), toCase('with a leak', leaking, clients.leaking)],
    async close() {
      for (const client of Object.values(clients).flat()) client.close();
      await Promise.all([leaking.stop(), parts.stop()]);
    },
  };
}

/** In bytes, once so many more replies are over. */
async function heapAfter(child: Child, clients: SocketClient[], replies: number): Promise<number> {
  await Promise.all(
    clients.map(async (client) => {
      for (let reply = 0; reply < replies / clients.length; reply += 1) await client.turn().ended;
    }),
  );
  await pause(settleMs);
  return (await child.use({ collect: true })).heap;
}
