/**
 * What every change has to pass: `npm run bench:guard`. A few rows, briefly, as ratios to the bare relay of the same run, with margins so
 * wide that a busy machine stays within them and a real loss does not. Ends with 1 and says which row it was.
 */
import { parseArgs } from 'node:util';
import { seededRandom } from './random.ts';
import { allRows } from './rows/all-rows.ts';
import { runGroup } from './run-group.ts';
import { median, quantile, sorted } from './statistics.ts';

interface Guard {
  row: string;
  samples: number;
  blocks: number;
  /** What the server takes may be at most so many times what the relay takes. */
  most: number;
}

/** The margins stand beside what is usual in docs/performance.md. */
const guards: readonly Guard[] = [
  { row: 'first-token', samples: 80, blocks: 8, most: 2.4 },
  { row: 'tokens-10', samples: 1, blocks: 6, most: 1.6 },
  { row: 'cancel', samples: 20, blocks: 10, most: 4 },
];

/** `--plant plant-delay.mjs` loads that module into the server first, to see that the guard finds what it does. */
const { values } = parseArgs({ options: { plant: { type: 'string' } } });

/** Of the rounds: one that is disturbed must not fail it, most of them must. */
function ratioOf(control: readonly number[][], server: readonly number[][]): number {
  return median(server.map((block, round) => quick(block) / quick(control[round] ?? [])));
}

/** The quickest tenth of a block: what neighbours do to a machine shows in all the others. */
function quick(block: readonly number[]): number {
  return quantile(sorted(block), 0.1);
}

let failed = 0;
for (const { row, samples, blocks, most } of guards) {
  const measured = allRows[row];
  if (measured === undefined) throw new Error(`no row "${row}"`);
  const planted = values.plant === undefined ? {} : { preload: values.plant };
  const group = await measured.start({ samples, code: 'built', ...planted });
  try {
    const result = await runGroup(group, { blocks, warmUpBlocks: 2, random: seededRandom(1) });
    const of = (name: string): number[][] =>
      [result.control, ...result.cases].find((one) => one.name === name)?.blocks ?? [];
    const ratio = ratioOf(of('relay'), of('server'));
    const isKept = ratio <= most && result.problems.length === 0;
    if (!isKept) failed += 1;
    const verdict = isKept ? 'ok' : 'FAILED';
    console.log(`${verdict}: ${result.name}: ${ratio.toFixed(2)} of the bare relay, at most ${most}`);
    for (const problem of result.problems) console.log(`! ${problem}`);
  } finally {
    await group.close();
  }
}
process.exit(failed > 0 ? 1 : 0);
