/** Voices that listen to replies at the pace of speech, all at once: what each token takes from the model to the client. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Child, Pause } from '../child.ts';
import type { TurnClient } from '../load/turn.ts';
import { monotonicMs } from '../monotonic-clock.ts';
import { type ModelProcess, startParts } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import { type Passage, whyLate } from './late-tokens.ts';
import type { RowOptions } from './row.ts';

const token = 'word ';
const tokenMs = 1_000 / 30;
const tokensEach = 30;
const replyMs = tokensEach * tokenMs;
/** Blocks that do not count, about three seconds each: until then code is still being compiled, which 200 voices wait for. */
const warmUpBlocks = 8;

interface Side {
  clients: TurnClient[];
  /** Undefined where there is nothing between. */
  process: Child | undefined;
  cpuMs: number;
  ms: number;
  /** Of every token that counts. */
  passages: Passage[];
  pauses: Pause[];
}

/** `samples` of a block's tokens are kept, evenly. */
export function voicesGroup(voices: number): (options: RowOptions) => Promise<Group> {
  return async ({ code, samples, preload }) => {
    const parts = await startParts({ code, preload });
    await parts.model.behave(
      { tokens: Array.from({ length: tokensEach }, () => token), tokenMs },
      'sendings',
    );
    const sideOf = async (dial: () => Promise<TurnClient>, process?: Child): Promise<Side> => {
      const clients = await Promise.all(Array.from({ length: voices }, dial));
      return { clients, process, cpuMs: 0, ms: 0, passages: [], pauses: [] };
    };
    const sides: Record<string, Side> = {
      direct: await sideOf(() => Promise.resolve(parts.direct())),
      relay: await sideOf(() => parts.toRelay(), parts.relay),
      server: await sideOf(() => parts.toServer(), parts.server),
    };
    for (const side of Object.values(sides)) {
      for (let n = 0; n < warmUpBlocks; n += 1) await block(side, parts.model, samples);
      side.cpuMs = 0;
      side.ms = 0;
      side.passages = [];
      side.pauses = [];
    }
    const [direct, ...cases] = Object.entries(sides).map(([name, side]): Case => ({
      name,
      run: () => block(side, parts.model, samples),
    }));
    if (direct === undefined) throw new Error('no control');
    return {
      name: `${voices} voices at 30 tokens/s, each token`,
      unit: 'ms',
      comparison: 'difference',
      control: direct,
      cases,
      remarks: () =>
        Object.entries(sides).map(([name, { process, cpuMs, ms, passages, pauses }]) => {
          const cores = process === undefined ? '' : `${((100 * cpuMs) / ms).toFixed(1)} % of a core; `;
          return `${name}: ${cores}${whyLate(passages, pauses)}`;
        }),
      async close() {
        for (const { clients } of Object.values(sides)) for (const client of clients) client.close();
        await parts.stop();
      },
    };
  };
}

let turns = 0;

/**
 * Each voice listens to two replies, and each begins at a moment of its own: from the first reply's length on as many end as begin. What
 * counts is the time between that and two lengths.
 */
async function block(side: Side, model: ModelProcess, samples: number): Promise<number[]> {
  model.forget();
  const startedAt = monotonicMs();
  const [heard] = await Promise.all([
    Promise.all(
      side.clients.map(async (client, index) => {
        await pause((index / side.clients.length) * replyMs);
        return [await listen(client), await listen(client)];
      }),
    ),
    watch(side),
  ]);
  const all: number[] = [];
  for (const { content, at } of heard.flat()) {
    const { atMs: sentAt } = await model.next('sent', content);
    for (const [index, ms] of at.entries()) {
      const sent = sentAt[index] ?? NaN;
      if (sent < startedAt + replyMs || sent >= startedAt + 2 * replyMs) continue;
      all.push(ms - sent);
      side.passages.push({ sentAt: sent, heardAt: ms });
    }
  }
  const step = Math.max(1, all.length / samples);
  return Array.from({ length: Math.min(samples, all.length) }, (_, at) => all[Math.floor(at * step)] ?? NaN);
}

/** What the process uses in the time that counts, and where it pauses. */
async function watch(side: Side): Promise<void> {
  await pause(replyMs);
  await side.process?.pauses();
  const before = await side.process?.use();
  const startedAt = monotonicMs();
  await pause(replyMs);
  const after = await side.process?.use();
  side.pauses.push(...((await side.process?.pauses()) ?? []));
  side.ms += monotonicMs() - startedAt;
  side.cpuMs += ((after?.cpuUs ?? 0) - (before?.cpuUs ?? 0)) / 1_000;
}

/** When each token came. */
async function listen(client: TurnClient): Promise<{ content: string; at: number[] }> {
  turns += 1;
  const content = `turn ${turns}`;
  const at: number[] = [];
  await client.turn({
    content,
    onText(text) {
      const now = monotonicMs();
      for (let heard = 0; heard < text.length / token.length; heard += 1) at.push(now);
    },
  }).ended;
  return { content, at };
}
