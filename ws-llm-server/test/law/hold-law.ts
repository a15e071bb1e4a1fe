/** A run of the law for one kind of cases, as a test wants it: with everything that a failure has to say. */
import { expect } from 'vitest';
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
export const lawTimeout = 300_000 + settings.cases * 150;

/** Fails where the law is broken, or where a required cell was hit too rarely. */
export async function holdLaw(kind: LawKind): Promise<void> {
  const { leastHits, showsTable, seed = Date.now() % 1_000_000_000 } = settings;
  const startedAt = performance.now();
  const run = await runAll(kind, seed);
  const { coverage, failure, lagMs } = run;
  const table = coverage.table();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const summary = `${kind}: ${countOf(run)} in ${seconds} s, timers ${lagMs.toFixed(1)} ms late, seed ${seed}`;
  if (showsTable) console.log(`${summary}\n${table}`);
  if (failure !== undefined) expect.fail(`${failureText(failure, kind)}\n\n${summary}`);
  const { requests, slow } = coverage;
  if (slow > requests * slowShare && lagMs < busyLagMs) expect.fail(`${summary}: too slow a server`);
  const missed = missedBy(run, kind);
  if (missed.length > 0)
    expect.fail(`${summary}\nHit fewer than ${leastHits} times:\n${missed.join('\n')}\n${table}`);
}

/** Until every required cell was hit often enough, as far as a few more cases do that. */
async function runAll(kind: LawKind, seed: number): Promise<LawRun> {
  const { cases, path } = settings;
  const world = await openWorld();
  // Longer than any deadline of the servers under test: what takes longer never comes.
  const options = { world, kind, path, lanes: lanes[kind], quietMs: 6_000, shrink: true };
  const own = cases * share[kind];
  try {
    let run = await runLaw({ ...options, cases: Math.ceil(own), seed });
    for (let extra = 1; extra <= maxExtras && missedBy(run, kind).length > 0; extra += 1) {
      const { coverage } = run;
      const more = await runLaw({
        ...options,
        cases: Math.ceil(own * extraShare),
        seed: seed + extra * seedStep,
        coverage,
      });
      run = { ...more, cases: run.cases + more.cases };
    }
    return run;
  } finally {
    await world.close();
  }
}

/** Nothing matters beside a failure. */
function missedBy({ failure, coverage }: LawRun, kind: LawKind): string[] {
  return failure === undefined ? coverage.below(settings.leastHits, requiredCells[kind]) : [];
}

function countOf({ cases, coverage: { requests, slow } }: LawRun): string {
  return `${cases} cases, ${requests} requests (${slow} slow)`;
}

function failureText({ message, script, replay }: NonNullable<LawRun['failure']>, kind: LawKind): string {
  const path = replay.path === undefined ? '' : ` WS_LLM_LAW_PATH=${replay.path}`;
  const again = `Again: WS_LLM_LAW_SEED=${replay.seed}${path} npm run test:law -- --project ${kind}`;
  return [message, again, ...(script === undefined ? [] : [describeScript(script)])].join('\n\n');
}
