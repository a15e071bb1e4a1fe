/** From a cancel in the middle of a reply to the model's request being closed, as the model saw it: server and direct against the bare relay. */
import { setTimeout as pause } from 'node:timers/promises';
import { DirectClient } from '../load/direct-client.ts';
import { SocketClient } from '../load/socket-client.ts';
import type { TurnClient } from '../load/turn.ts';
import { monotonicMs } from '../monotonic-clock.ts';
import { type ModelProcess, startParts } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

/** Longer than anyone waits, so that only a cancel ends it. */
const behaviour = { tokens: Array.from({ length: 2_000 }, () => 'word '), tokenMs: 33 };

export async function cancelGroup({ samples, code }: RowOptions): Promise<Group> {
  const parts = await startParts(code);
  await parts.model.behave(behaviour, 'closings');
  const clients = {
    relay: await SocketClient.open(parts.relayUrl, []),
    direct: new DirectClient(parts.modelUrl, parts.body),
    server: await SocketClient.open(parts.serverUrl),
  };
  const toCase = (name: keyof typeof clients): Case => ({
    name,
    run: () => block(clients[name], parts.model, samples),
  });
  return {
    name: 'cancel to closed request',
    unit: 'ms',
    comparison: 'difference',
    control: toCase('relay'),
    cases: [toCase('direct'), toCase('server')],
    async check() {
      await pause(1_000);
      const open = await parts.model.countOpen();
      return open === 0 ? [] : [`${open} requests were still open at the model after a second`];
    },
    async close() {
      for (const client of Object.values(clients)) client.close();
      await parts.stop();
    },
  };
}

async function block(client: TurnClient, model: ModelProcess, samples: number): Promise<number[]> {
  const took: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const { firstTokenAt, ended, cancel } = client.turn();
    await firstTokenAt;
    const cancelledAt = monotonicMs();
    cancel();
    const { by, atMs } = await model.next('closed');
    if (by !== 'client') throw new Error('the reply ended before it was cancelled');
    took.push(atMs - cancelledAt);
    await ended;
  }
  return took;
}
