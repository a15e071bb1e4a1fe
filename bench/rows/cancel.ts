/**
 * From a cancel to the model's request being closed, as the model saw it: in the middle of a reply, before its first token, and in the
 * middle while others speak. Server and direct against the bare relay.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TurnClient } from '../load/turn.ts';
import { monotonicMs } from '../monotonic-clock.ts';
import { type ModelProcess, type Parts, startParts } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

export type CancelStage = 'in the middle' | 'before the first token';

/** Longer than anyone waits, so that only a cancel ends it. */
const tokens = Array.from({ length: 2_000 }, () => 'word ');
const behaviours = {
  'in the middle': { tokens, tokenMs: 33 },
  'before the first token': { tokens, firstTokenMs: 60_000 },
};
const cancelled = 'to be cancelled';

export function cancelGroup(stage: CancelStage, voices = 0): (options: RowOptions) => Promise<Group> {
  return async ({ samples, code, preload }) => {
    const parts = await startParts({ code, preload });
    await parts.model.behave(behaviours[stage], 'closings');
    const sides = {
      relay: await openSide(() => parts.toRelay(), voices),
      // Voices that go past the server are no load of anything that is measured.
      direct: await openSide(async () => parts.direct(), 0),
      server: await openSide(() => parts.toServer(), voices),
    };
    const toCase = (name: keyof typeof sides): Case => ({
      name,
      run: () => block(sides[name], parts.model, stage, samples),
    });
    const among = voices === 0 ? '' : `, among ${voices} voices`;
    return {
      name: `cancel ${stage}${among}, to closed request`,
      unit: 'ms',
      comparison: 'difference',
      control: toCase('relay'),
      cases: [toCase('direct'), toCase('server')],
      check: () => leftOpen(parts),
      async close() {
        for (const { client, others } of Object.values(sides))
          for (const one of [client, ...others]) one.close();
        await parts.stop();
      },
    };
  };
}

interface Side {
  client: TurnClient;
  others: TurnClient[];
}

async function openSide(dial: () => Promise<TurnClient>, voices: number): Promise<Side> {
  const [client, ...others] = await Promise.all(Array.from({ length: 1 + voices }, dial));
  if (client === undefined) throw new Error('no client');
  return { client, others };
}

async function leftOpen({ model }: Parts): Promise<string[]> {
  await pause(1_000);
  const open = await model.countOpen();
  return open === 0 ? [] : [`${open} requests were still open at the model after a second`];
}

async function block(
  side: Side,
  model: ModelProcess,
  stage: CancelStage,
  samples: number,
): Promise<number[]> {
  const voices = side.others.map((voice) => voice.turn());
  await Promise.all(voices.map(({ firstTokenAt }) => firstTokenAt));
  const took: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    model.forget();
    const { firstTokenAt, ended, cancel } = side.client.turn({ content: cancelled });
    await (stage === 'in the middle' ? firstTokenAt : model.next('arrived', cancelled));
    const cancelledAt = monotonicMs();
    cancel();
    const { by, atMs } = await model.next('closed', cancelled);
    if (by !== 'client') throw new Error('the reply ended before it was cancelled');
    took.push(atMs - cancelledAt);
    await ended;
  }
  for (const { cancel } of voices) cancel();
  await Promise.all(voices.map(({ ended }) => ended));
  return took;
}
