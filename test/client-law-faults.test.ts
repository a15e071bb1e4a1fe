/** The client's law has teeth: each of the faults that it is there for is caught. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fault, faults } from './client-law/faults.ts';
import { LawBroken } from './client-law/law-broken.ts';
import { playAll } from './client-law/play-all.ts';
import { scripts } from './client-law/script.ts';

/** Cases within which each fault must show; nearly all do within ten. */
const cases = 200;
const seed = Number(process.env['WS_LLM_LAW_SEED'] ?? Date.now() % 1_000_000_000);

const runs = new Map<Fault, Promise<unknown>>();
// All at once: most of their time they wait for what does not come.
beforeAll(() => {
  const all = fc.sample(scripts, { numRuns: cases, seed });
  for (const fault of faults) {
    runs.set(
      fault,
      playAll(all, { lanes: 2, fault, quietMs: 1_200 }).catch((error: unknown) => error),
    );
  }
});
afterAll(() => Promise.allSettled(runs.values()));

test.for(faults)('caught: $name', { timeout: 60_000 }, async (fault) => {
  const outcome = await runs.get(fault);
  if (outcome instanceof LawBroken) return;
  expect.fail(outcome instanceof Error ? outcome.message : `not caught in ${cases} cases`);
});
