/**
 * Runs many cases: as many clients at once as make good use of a processor, each lane a fast-check run with a seed of its own. So a
 * failure is replayed, and shrunk, by its seed and path alone.
 */
import fc from 'fast-check';
import { Coverage } from './coverage.ts';
import { drive } from './drive.ts';
import { LawBroken } from './law-broken.ts';
import type { LawWorld } from './law-world.ts';
import { Pace } from './pace.ts';
import { type LawKind, scriptOf } from './script.ts';
import type { Script } from './step.ts';

export interface LawRunOptions {
  world: LawWorld;
  kind: LawKind;
  cases: number;
  seed: number;
  /** Only the case of that path and seed. */
  path?: string | undefined;
  /** Clients at once. */
  lanes: number;
  /** How long nothing at all may happen while a client waits, in milliseconds. */
  quietMs: number;
  /** Whether to look for the smallest failing case. */
  shrink: boolean;
  /** Counts what is hit. Default: a new one. */
  coverage?: Coverage;
}

interface LawFailure {
  /** What to set to see it again. */
  replay: { seed: number; path: string | undefined };
  /** Cases that ran on all lanes until then. */
  cases: number;
  /** Which law was broken; undefined where something else went wrong. */
  law: string | undefined;
  script: Script | undefined;
  message: string;
}

export interface LawRun {
  cases: number;
  /** How late timers were, on average, in milliseconds. */
  lagMs: number;
  coverage: Coverage;
  failure: LawFailure | undefined;
}

/** What depends on a few milliseconds shows again where it gets several chances. */
const replayLanes = 20;
/** A search for a smaller case ends by then: the best one so far is good enough. */
const shrinkMs = 45_000;

export async function runLaw(run: LawRunOptions): Promise<LawRun> {
  const { coverage = new Coverage() } = run;
  const isReplay = run.path !== undefined;
  const lanes = isReplay ? replayLanes : Math.min(run.lanes, run.cases);
  const others = Array.from({ length: lanes }, () => new AbortController());
  let cases = 0;
  let failing: number | undefined;
  let stopAt = Infinity;
  let failure: LawFailure | undefined;
  const pace = new Pace(lanes);

  /** The first lane to fail goes on alone. */
  const failed = (lane: number): void => {
    if (failing !== undefined) return;
    failing = lane;
    stopAt = performance.now() + shrinkMs;
    for (const [index, other] of others.entries()) if (index !== lane) other.abort();
  };

  const runCase = async (lane: number, signal: AbortSignal, example: Script): Promise<void> => {
    // fast-check makes up the rest of its examples where nothing fails.
    if (signal.aborted && !run.shrink) throw new Error('another lane has failed');
    if (signal.aborted || performance.now() > stopAt) return;
    const isSearch = failing !== undefined;
    if (!isSearch) cases += 1;
    const { world, quietMs } = run;
    try {
      const options = { world, coverage: isSearch ? new Coverage() : coverage, quietMs, signal };
      await pace.run(() => drive(example, options));
    } catch (error) {
      if (signal.aborted) return;
      failed(lane);
      throw error;
    }
  };

  const runLane = async (lane: number, signal: AbortSignal): Promise<void> => {
    const property = fc.asyncProperty(scriptOf(run.kind), (example) => runCase(lane, signal, example));
    const details = await fc.check(property, {
      seed: isReplay ? run.seed : run.seed + lane,
      numRuns: isReplay ? 1 : Math.ceil(run.cases / lanes),
      // Small cases are no better at finding anything here, and hit fewer cells.
      unbiased: true,
      endOnFailure: !run.shrink,
      ...(run.path !== undefined && { path: run.path }),
    });
    if (!details.failed || failing !== lane) return;
    failure = {
      replay: { seed: details.seed, path: details.counterexamplePath ?? undefined },
      cases,
      law: details.errorInstance instanceof LawBroken ? details.errorInstance.law : undefined,
      script: details.counterexample?.[0],
      message: messageOf(details.errorInstance),
    };
  };

  await Promise.all(others.map(({ signal }, lane) => runLane(lane, signal)));
  pace.stop();
  return { cases, lagMs: pace.meanLagMs, coverage, failure };
}

function messageOf(error: unknown): string {
  if (error instanceof LawBroken) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
