/** A run of the law for one kind of client, as a test wants it: from the environment, with everything that a failure has to say. */
import { expect, onTestFinished } from 'vitest';
import { runLaw } from './law-run.ts';
import { openWorld } from './law-world.ts';
import type { Script } from './step.ts';

/** In a run of so many cases or more, of which each client has its share, every required cell is hit so often. */
const fullRun = 5_000;
const leastHits = 50;
/** Requests that may miss a deadline which they should have kept. On a machine whose timers are late, more may. */
const slowShare = 0.01;
const busyLagMs = 4;

const share: Record<Script['client'], number> = { v1: 0.6, plain: 0.4 };

const allCases = Number(process.env['WS_LLM_LAW_CASES'] ?? 400);
const seed = Number(process.env['WS_LLM_LAW_SEED'] ?? Date.now() % 1_000_000_000);
const path = process.env['WS_LLM_LAW_PATH'];
/** Clients at once. Plain ones wait longer: they cannot shorten the server's deadlines. */
const lanes: Record<Script['client'], number> = { v1: 64, plain: 128 };
const showsTable = process.env['WS_LLM_LAW_TABLE'] !== undefined;

/** In milliseconds. */
export const lawTimeout = 90_000 + allCases * 60;

/** Fails where the law is broken, or where a full run left a cell out. */
export async function holdLaw(client: Script['client']): Promise<void> {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const cases = Math.ceil(allCases * share[client]);
  const startedAt = performance.now();
  // Longer than any deadline of the servers under test: what takes longer never comes.
  const run = await runLaw({
    world,
    clients: [client],
    cases,
    seed,
    path,
    lanes: lanes[client],
    quietMs: 6_000,
    shrink: true,
  });
  const { requests, slow } = run.coverage;
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const lag = run.lagMs.toFixed(1);
  const summary = `${run.cases} cases, ${requests} requests (${slow} slow) in ${seconds} s, timers ${lag} ms late, seed ${seed}`;
  if (showsTable) console.log(`${summary}\n${run.coverage.table()}`);
  if (run.failure !== undefined) {
    const { replay, message, script } = run.failure;
    const again = `WS_LLM_LAW_SEED=${replay.seed} WS_LLM_LAW_PATH=${replay.path ?? ''}`;
    expect.fail(
      `${message}\n\n${summary}\nAgain: ${again}\n${JSON.stringify(script)}\n\n${run.coverage.table()}`,
    );
  }
  if (slow > requests * slowShare && run.lagMs < busyLagMs) expect.fail(`${summary}: too slow a server`);
  const missed = allCases >= fullRun ? run.coverage.below(leastHits, client) : [];
  if (missed.length > 0) {
    expect.fail(
      `${summary}\nHit fewer than ${leastHits} times:\n${missed.join('\n')}\n${run.coverage.table()}`,
    );
  }
}
