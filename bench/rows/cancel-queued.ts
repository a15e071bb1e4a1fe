/**
 * From the cancel of a chat that waits for its thread to its `complete`: there is no request to close, and none may follow. Against the
 * way to the server and back.
 */
import { V1Socket } from '../load/v1-socket.ts';
import { monotonicMs } from '../monotonic-clock.ts';
import { startParts } from '../parts.ts';
import type { Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

const endless = { tokens: Array.from({ length: 5_000 }, () => 'word '), tokenMs: 100 };
const messages = [{ role: 'user', content: 'Hello.' }];

export async function cancelQueuedGroup({ samples, code, preload }: RowOptions): Promise<Group> {
  const parts = await startParts({ code, preload });
  await parts.model.behave(endless);
  const client = await V1Socket.open(parts.serverUrl);
  await client.ask({ type: 'chat', id: 'running', messages }, ({ type }) => type === 'delta');
  let asked = 0;
  const ping = async (): Promise<number> => {
    const sentAt = monotonicMs();
    await client.ask({ type: 'ping' }, ({ type }) => type === 'pong');
    return monotonicMs() - sentAt;
  };
  const cancelWaiting = async (): Promise<number> => {
    asked += 1;
    const id = `waiting ${asked}`;
    client.send({ type: 'chat', id, messages });
    // It waits by now.
    await ping();
    const sentAt = monotonicMs();
    await client.ask({ type: 'cancel', id }, (frame) => frame.type === 'complete' && frame['id'] === id);
    return monotonicMs() - sentAt;
  };
  const each = async (sample: () => Promise<number>): Promise<number[]> => {
    const took: number[] = [];
    for (let at = 0; at < samples; at += 1) took.push(await sample());
    return took;
  };
  return {
    name: 'cancel while it waits, to its end',
    unit: 'ms',
    comparison: 'difference',
    control: { name: 'ping', run: () => each(ping) },
    cases: [{ name: 'server', run: () => each(cancelWaiting) }],
    async check() {
      const open = await parts.model.countOpen();
      return open === 1 ? [] : [`the model has ${open} requests, where one was to be asked`];
    },
    async close() {
      client.close();
      await parts.stop();
    },
  };
}
