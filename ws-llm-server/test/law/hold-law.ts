/** A run of the law for one kind of cases, as a test wants it: with everything that a failure has to say. */
import { expect, onTestFinished } from 'vitest';
import { Coverage } from './coverage.ts';
import { describeScript } from './describe-script.ts';
import { type LawRun, runLaw } from './law-run.ts';
import { lawSettings } from './law-settings.ts';
import { openWorld } from './law-world.ts';
import { requiredCells } from './required-cells.ts';
import type { LawKind } from './script.ts';

/** Requests that may miss a deadline which they should have kept. On a machine whose timers are late, more may. */
const slowShare = 0.02;
const busyLagMs = 4;

/** Between the seeds of two runs: each lane has one of its own. */
const seedStep = 1_000;

/** As it takes to hit all of its cells. */
const share: Record<LawKind, number> = { threads: 0.33, mirrors: 0.44, plain: 0.23 };
/** Clients at once. Plain ones wait longer: they cannot shorten the server's deadlines. */
const lanes: Record<LawKind, number> = { threads: 64, mirrors: 64, plain: 128 };

/** What a run that misses cells adds, in shares of its cases, and how often. */
const extraShare = 0.2;
const maxExtras = 6;

const settings = lawSettings();
/** In milliseconds: far more than it takes. */
export const lawTimeout = 120_000 + settings.cases * 80;

/** Fails where the law is broken, or where a required cell was hit too rarely. */
export async function holdLaw(kind: LawKind): Promise<void> {
  const { cases, leastHits, showsTable, seed = Date.now() % 1_000_000_000, path } = settings;
  const world = await openWorld();
  onTestFinished(() => world.close());
  const startedAt = performance.now();
  const run = (shareOfCases: number, from: number, coverage = new Coverage()): Promise<LawRun> =>
    runLaw({
      world,
      kind,
      cases: Math.ceil(cases * shareOfCases),
      seed: from,
      path,
      lanes: lanes[kind],
      // Longer than any deadline of the servers under test: what takes longer never comes.
      quietMs: 6_000,
      shrink: true,
      coverage,
    });
  let all = await run(share[kind], seed);
  const missed = (): string[] => all.coverage.below(leastHits, requiredCells[kind]);
  for (let extra = 1; extra <= maxExtras && all.failure === undefined && missed().length > 0; extra += 1) {
    const more = await run(share[kind] * extraShare, seed + extra * seedStep, all.coverage);
    all = { ...more, cases: all.cases + more.cases };
  }
  const { coverage, failure, lagMs } = all;
  const table = coverage.table();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const summary = `${kind}: ${countOf(all)} in ${seconds} s, timers ${lagMs.toFixed(1)} ms late, seed ${seed}`;
  if (showsTable) console.log(`${summary}\n${table}`);
  if (failure !== undefined) expect.fail(`${failureText(failure, kind)}\n\n${summary}`);
  const { requests, slow } = coverage;
  if (slow > requests * slowShare && lagMs < busyLagMs) expect.fail(`${summary}: too slow a server`);
  if (missed().length > 0)
    expect.fail(`${summary}\nHit fewer than ${leastHits} times:\n${missed().join('\n')}\n${table}`);
}

function countOf({ cases, coverage: { requests, slow } }: LawRun): string {
  return `${cases} cases, ${requests} requests (${slow} slow)`;
}

function failureText({ message, script, replay }: NonNullable<LawRun['failure']>, kind: LawKind): string {
  const path = replay.path === undefined ? '' : ` WS_LLM_LAW_PATH=${replay.path}`;
  const again = `Again: WS_LLM_LAW_SEED=${replay.seed}${path} npm run test:law -- law-${kind}`;
  return [message, again, ...(script === undefined ? [] : [describeScript(script)])].join('\n\n');
}
