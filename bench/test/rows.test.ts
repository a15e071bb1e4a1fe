/** A row runs on real processes, and what it measures lies where it can lie: one of each kind of measurement that takes no more than seconds. */
import { expect, test } from 'vitest';
import { seededRandom } from '../random.ts';
import { allRows } from '../rows/all-rows.ts';
import { runGroup } from '../run-group.ts';
import { summarize } from '../summary.ts';

const quick = Object.entries(allRows).filter(([name]) => ['first-token', 'cancel'].includes(name));

test.for(quick)('%s', { timeout: 60_000 }, async ([, row]) => {
  const random = seededRandom(1);
  const group = await row.start({ samples: 5, code: 'source' });
  try {
    const result = await runGroup(group, { blocks: 2, warmUpBlocks: 1, random });
    const { cases, problems } = summarize(result, random);
    expect(problems).toEqual([]);
    expect(cases.map(({ name }) => name).toSorted()).toEqual(['direct', 'relay', 'server']);
    const impossible = cases.filter(
      ({ samples, median, p99 }) => samples !== 10 || !(median > 0) || !(p99 < 5_000),
    );
    expect(impossible).toEqual([]);
  } finally {
    await group.close();
  }
});
