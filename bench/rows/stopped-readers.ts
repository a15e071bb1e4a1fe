/**
 * What clients cost that stop reading in the middle of their replies: the server's memory for each of them, beside clients that read the
 * same replies, and whether the model and a client beside them were slowed. The server may keep `buffered_bytes` for each, 1 MiB, and lets
 * them go past it.
 */
import type { WebSocket } from 'ws';
import type { Child } from '../child.ts';
import type { TurnClient } from '../load/turn.ts';
import { SocketClient } from '../load/socket-client.ts';
import { V1Socket } from '../load/v1-socket.ts';
import { monotonicMs } from '../monotonic-clock.ts';
import { ModelProcess, startServer } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import { median } from '../statistics.ts';
import type { RowOptions } from './row.ts';

/** In all more than the kernel keeps of a connection and the server on top of it. */
const repliesEach = 260;
const messages = [{ role: 'user', content: 'Tell me all.' }];
const behaviour = { tokens: Array.from({ length: 4 }, () => 'x'.repeat(15_000)) };

/** `samples` are the clients: their memory is measured together. */
export async function stoppedReadersGroup({ samples: clients, code }: RowOptions): Promise<Group> {
  const model = await ModelProcess.start();
  await model.behave(behaviour);
  const beside: Record<string, number[]> = { reading: [], stopped: [] };
  const toCase = (name: 'reading' | 'stopped'): Case => ({
    name,
    async run() {
      // A process of its own for each block: memory that was used once is not given back.
      const server = await startServer(model, {
        code,
        settings: { LIMIT_OPEN_REQUESTS: String(repliesEach) },
      });
      try {
        return [await kibibytesEach(server, clients, name === 'reading', beside[name] ?? [])];
      } finally {
        await server.stop();
      }
    },
  });
  return {
    name: `${clients} readers that stop, memory of each`,
    unit: 'KiB',
    isFresh: true,
    comparison: 'difference',
    control: toCase('reading'),
    cases: [toCase('stopped')],
    remarks: () =>
      Object.entries(beside).map(
        ([name, ms]) => `a reply of another client, beside ${name} ones: ${median(ms).toFixed(1)} ms`,
      ),
    close: () => model.stop(),
  };
}

async function kibibytesEach(
  server: Child,
  clients: number,
  isReading: boolean,
  beside: number[],
): Promise<number> {
  const url = `ws://127.0.0.1:${server.port}/`;
  const other = await SocketClient.open(url);
  await whole(other);
  const before = await server.use({ collect: true });
  const readers = await Promise.all(Array.from({ length: clients }, () => ask(url, isReading)));
  let peak = before.rss;
  for (let isOver = false; !isOver;) {
    beside.push(await whole(other));
    peak = Math.max(peak, (await server.use()).rss);
    isOver = isReading
      ? readers.every(({ ended }) => ended === repliesEach)
      : (await connections(server)) === 1;
  }
  other.close();
  for (const { socket } of readers) socket.terminate();
  return (peak - before.rss) / 1_024 / clients;
}

/** How long a reply takes as a whole. */
async function whole(client: TurnClient): Promise<number> {
  const { sentAt, ended } = client.turn();
  await ended;
  return monotonicMs() - sentAt;
}

/** Many replies, one after the other, as they are on a thread. */
async function ask(url: string, isReading: boolean): Promise<{ socket: WebSocket; ended: number }> {
  const client = await V1Socket.open(url);
  const reader = { socket: client.socket, ended: 0 };
  client.onFrame = ({ type }) => {
    if (type === 'error') throw new Error('a reply failed');
    if (type === 'complete') reader.ended += 1;
  };
  if (!isReading) client.socket.pause();
  for (let id = 0; id < repliesEach; id += 1) {
    client.send({ type: 'chat', id: `r${id}`, messages });
  }
  return reader;
}

/** One that does not read does not see that it was let go. */
async function connections({ port }: Child): Promise<number> {
  const health = await fetch(`http://127.0.0.1:${port}/health`);
  return ((await health.json()) as { connections: number }).connections;
}
