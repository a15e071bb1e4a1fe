/** A row of each kind runs on real processes, and what it measures lies where it can lie. */
import { expect, test } from 'vitest';
import { seededRandom } from '../random.ts';
import { allRows } from '../rows/all-rows.ts';
import { runGroup } from '../run-group.ts';
import { summarize } from '../summary.ts';

/** The others take longer, and differ in how many or at which moment. */
const quick = ['first-token', 'cancel'];

test.for(quick)('%s', { timeout: 120_000 }, async (name) => {
  const random = seededRandom(1);
  const row = allRows[name];
  if (row === undefined) throw new Error(`no row "${name}"`);
  const group = await row.start({ samples: 5, code: 'source' });
  try {
    const result = await runGroup(group, { blocks: 2, warmUpBlocks: 1, random });
    const { cases, problems } = summarize(result, random);
    expect(problems).toEqual([]);
    expect(cases.length).toBeGreaterThan(1);
    expect(cases.at(-1)?.name).toBe('server');
    const impossible = cases.filter(
      ({ samples, median, p99 }) => !(samples >= 2) || !(median > 0) || !(p99 < 5_000),
    );
    expect(impossible).toEqual([]);
  } finally {
    await group.close();
  }
});
