/** From the question to the first token, on a kept connection, persona and all checks on: server and bare relay against direct. */
import type { TurnClient } from '../load/turn.ts';
import { startParts } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

/** The second token leaves later, so that the first travels alone, as a model's does. */
const behaviour = { tokens: ['word ', 'word.'], tokenMs: 2 };
/** Blocks that do not count: until then code is still being compiled, and processes that have been at work for a while are what is compared. */
const warmUpBlocks = 60;

export async function firstTokenGroup({ samples, code, preload }: RowOptions): Promise<Group> {
  const parts = await startParts({ code, preload });
  await parts.model.behave(behaviour);
  const clients = {
    direct: parts.direct(),
    relay: await parts.toRelay(),
    server: await parts.toServer(),
  };
  const toCase = (name: keyof typeof clients): Case => ({ name, run: () => block(clients[name], samples) });
  for (const client of Object.values(clients)) await block(client, warmUpBlocks * samples);
  return {
    name: 'first token',
    unit: 'ms',
    comparison: 'difference',
    control: toCase('direct'),
    cases: [toCase('relay'), toCase('server')],
    async close() {
      for (const client of Object.values(clients)) client.close();
      await parts.stop();
    },
  };
}

async function block(client: TurnClient, samples: number): Promise<number[]> {
  const took: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const { sentAt, firstTokenAt, ended } = client.turn();
    took.push((await firstTokenAt) - sentAt);
    await ended;
  }
  return took;
}
