/** Plays scripts side by side, each in a world of its own, up to the first that breaks the law. */
import { type Fault } from './faults.ts';
import { LawSession } from './law-session.ts';
import type { Script } from './script.ts';
import { World } from './world.ts';

/** Of the servers. */
const deadlines = { first_token_ms: 400, idle_ms: 400, total_ms: 1_000 };
const soonNoticed = { ping_interval_ms: 200, silence_ms: 300 };

/** How often each step was taken, and each end was met. */
type Counts = Map<string, number>;

export interface PlayOptions {
  /** How many are played at once: most of their time they wait. */
  lanes: number;
  fault: Fault;
  /** How long nothing at all may happen while something is waited for, in milliseconds: longer than any deadline. */
  quietMs: number;
}

/** @throws LawBroken, from the first case that breaks it */
export async function playAll(scripts: readonly Script[], options: PlayOptions): Promise<Counts> {
  const counts: Counts = new Map();
  const left = [...scripts];
  const lane = async (): Promise<void> => {
    for (let script = left.pop(); script !== undefined; script = left.pop()) {
      await play(script, options, counts).catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: options.lanes }, lane));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return counts;
}

async function play(script: Script, { fault, quietMs }: PlayOptions, counts: Counts): Promise<void> {
  const world = await World.open({ ...deadlines, ...(script.kind === 'dead' && soonNoticed) });
  try {
    const session = new LawSession(script, world, fault, quietMs);
    await session.play();
    for (const [what, times] of session.seen) counts.set(what, (counts.get(what) ?? 0) + times);
  } finally {
    await world.close();
  }
}
