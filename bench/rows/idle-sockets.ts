/** What a connection costs that is open and says nothing, in memory: server against bare `ws`. */
import { WebSocket } from 'ws';
import { type Child, startChild } from '../child.ts';
import { ModelProcess, startServer } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import { median } from '../statistics.ts';
import type { RowOptions } from './row.ts';

/** So many are opened at a time: a listening socket's queue is finite. */
const atOnce = 100;

export function idleSocketsGroup(sockets: number): (options: RowOptions) => Promise<Group> {
  return async ({ code }) => {
    const model = await ModelProcess.start();
    const objects: Record<string, number[]> = {};
    // A process of its own for each block: memory that was used once is not given back.
    const toCase = (name: string, protocols: string[], start: () => Promise<Child>): Case => ({
      name,
      async run() {
        const child = await start();
        try {
          const { rss, heap } = await kibibytesEach(child, sockets, protocols);
          (objects[name] ??= []).push(heap);
          return [rss];
        } finally {
          await child.stop();
        }
      },
    });
    return {
      name: `${sockets} idle sockets, memory of each`,
      unit: 'KiB',
      isFresh: true,
      comparison: 'difference',
      control: toCase('bare ws', [], () => startChild('bare-sockets.mjs')),
      cases: [toCase('server', ['ws-llm.v1'], () => startServer(model, { code }))],
      // Most of the rest is the young generation, which the first thousands of connections make grow to its full size, once.
      remarks: () =>
        Object.entries(objects).map(
          ([name, kibibytes]) => `${name}: ${median(kibibytes).toFixed(1)} KiB of it objects and buffers`,
        ),
      close: () => model.stop(),
    };
  };
}

async function kibibytesEach(
  child: Child,
  count: number,
  protocols: string[],
): Promise<{ rss: number; heap: number }> {
  // What the first connections load stays.
  const first = await open(child, atOnce, protocols);
  const before = await child.use({ collect: true });
  const sockets = await open(child, count, protocols);
  const after = await child.use({ collect: true });
  for (const socket of [...first, ...sockets]) socket.terminate();
  const each = (bytes: number): number => bytes / 1_024 / count;
  return { rss: each(after.rss - before.rss), heap: each(after.heap - before.heap) };
}

async function open({ port }: Child, count: number, protocols: string[]): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(atOnce, count - sockets.length) }, () =>
      dial(port, protocols),
    );
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

function dial(port: number, protocols: string[]): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}
