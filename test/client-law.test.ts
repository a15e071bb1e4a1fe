/** The law of termination, seen by its client: whatever happens to lines and servers, each request ends once, and the connection comes back. */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ClientTimers } from './client-law/client-timers.ts';
import { playAll } from './client-law/play-all.ts';
import { scripts } from './client-law/script.ts';

const cases = Number(process.env['WS_LLM_CLIENT_LAW_CASES'] ?? 100);
const seed = Number(process.env['WS_LLM_LAW_SEED'] ?? Date.now() % 1_000_000_000);
const showsTable = process.env['WS_LLM_LAW_TABLE'] !== undefined;

/** Without these the scripts would not have been worth playing. */
const worth = [
  'roll',
  'restart',
  'cut',
  'freeze',
  'leave',
  'chat stop',
  'chat cancelled',
  'chat lost',
  'warm warmed',
  'warm lost',
  'reset done',
  'reset lost',
];

test(
  'every request ends exactly once and for a reason, ids come once, what is lost comes back by itself, and nothing is left',
  { timeout: 30_000 + cases * 100 },
  async () => {
    const timers = new ClientTimers();
    onTestFinished(() => timers.restore());
    const all = fc.sample(scripts, { numRuns: cases, seed });
    const counts = await playAll(all, { lanes: 16, fault: { name: 'none' }, quietMs: 4_000 }).catch(
      (error: unknown) => expect.fail(`${String(error)}\nAgain, more or less: WS_LLM_LAW_SEED=${seed}`),
    );
    if (showsTable) console.table([...counts].toSorted(([one], [other]) => one.localeCompare(other)));
    expect(timers.started).toBeGreaterThan(cases);
    expect(timers.open).toBe(0);
    expect(worth.filter((what) => !counts.has(what))).toEqual([]);
  },
);
