/** A group is run in interleaved blocks, so that what disturbs the machine meets control and cases alike, and says when its generator was the limit. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../random.ts';
import { type Case, type Group, type GroupResult, runGroup } from '../run-group.ts';
import { summarize } from '../summary.ts';
import { formatTable } from '../table.ts';

function group(control: Case, ...cases: Case[]): Group {
  return {
    name: 'first token',
    unit: 'ms',
    comparison: 'difference',
    control,
    cases,
    close: async () => undefined,
  };
}

/** What was run, in order. */
function recorder(): { order: string[]; toCase: (name: string) => Case } {
  const order: string[] = [];
  const toCase = (name: string): Case => ({
    name,
    async run() {
      order.push(name);
      return [order.length];
    },
  });
  return { order, toCase };
}

const names = ['direct', 'relay', 'server'];

async function orderOf(seed: number, blocks = 30): Promise<string[]> {
  const { order, toCase } = recorder();
  const [control, ...cases] = names.map(toCase);
  if (control === undefined) throw new Error('no control');
  await runGroup(group(control, ...cases), { blocks, warmUpBlocks: 0, random: seededRandom(seed) });
  const rounds = Array.from({ length: blocks }, (_, round) => order.slice(round * 3, round * 3 + 3));
  return rounds.map((round) => round.join(' '));
}

test('every round runs every case once, in an order of its own', async () => {
  const rounds = await orderOf(1);
  for (const round of rounds) expect(round.split(' ').toSorted()).toEqual(names);
  expect(new Set(rounds).size).toBe(6);
  expect(await orderOf(1)).toEqual(rounds);
  expect(await orderOf(2)).not.toEqual(rounds);
});

test('rounds that warm up do not count', async () => {
  const { toCase } = recorder();
  const options = { blocks: 2, warmUpBlocks: 3, random: seededRandom(1) };
  const { control, cases } = await runGroup(group(toCase('a'), toCase('b')), options);
  expect([control, ...cases].map(({ blocks }) => blocks.length)).toEqual([2, 2]);
  expect(Math.min(...[control, ...cases].flatMap(({ blocks }) => blocks.flat()))).toBeGreaterThan(6);
});

test('a machine that gets slower all the time does not tell apart what is the same', async () => {
  let ms = 1;
  const slower = (name: string): Case => ({
    name,
    async run() {
      ms += 0.2;
      return Array.from({ length: 20 }, (_, sample) => ms + (sample % 5) / 10);
    },
  });
  const random = seededRandom(3);
  const options = { blocks: 20, warmUpBlocks: 1, random };
  const [, same] = summarize(await runGroup(group(slower('a'), slower('b')), options), random).cases;
  expect(same?.against?.median.low).toBeLessThan(0);
  expect(same?.against?.median.high).toBeGreaterThan(0);
  expect((same?.spread.highest ?? 0) - (same?.spread.lowest ?? 0)).toBeGreaterThan(5);
});

test('a block without samples is an error that names it', async () => {
  const empty: Case = { name: 'server', run: async () => [] };
  const options = { blocks: 1, warmUpBlocks: 0, random: seededRandom(1) };
  await expect(runGroup(group(empty), options)).rejects.toThrow(
    'first token, server: a block without samples',
  );
});

test('a generator that was busy all the time is told; one that waited is not', async () => {
  const waiting: Case = { name: 'waiting', run: async () => [await pause(60, 60)] };
  const busy: Case = {
    name: 'busy',
    async run() {
      const until = performance.now() + 60;
      while (performance.now() < until);
      return [60];
    },
  };
  const random = seededRandom(1);
  const result = await runGroup(group(waiting, busy), { blocks: 2, warmUpBlocks: 0, random });
  const [waited, worked] = summarize(result, random).cases;
  expect(waited).toMatchObject({ isGeneratorLimited: false });
  expect(worked).toMatchObject({ isGeneratorLimited: true });
});

test('what is not as it must be after the last block is told', async () => {
  const { toCase } = recorder();
  const checked = { ...group(toCase('a')), check: async () => ['3 requests were still open'] };
  const { problems } = await runGroup(checked, { blocks: 1, warmUpBlocks: 0, random: seededRandom(1) });
  expect(problems).toEqual(['3 requests were still open']);
});

test('the table tells median, p99, what they are against the control, blocks and generator', () => {
  const result: GroupResult = {
    name: 'first token',
    unit: 'ms',
    comparison: 'difference',
    control: {
      name: 'direct',
      blocks: [
        [1, 1, 1],
        [1, 1, 1],
      ],
      generatorUse: [0.2, 0.25],
    },
    cases: [
      {
        name: 'server',
        blocks: [
          [1.5, 1.5, 1.5],
          [1.5, 1.5, 1.5],
        ],
        generatorUse: [0.1, 0.95],
      },
    ],
    problems: ['2 requests were still open'],
    remarks: ['frames per token: server 0.5'],
  };
  expect(formatTable(summarize(result, seededRandom(1))).split('\n')).toEqual([
    'first token  median ms   p99     median - direct        p99 - direct      blocks  generator',
    'direct            1.00  1.00                                          1.00..1.00       25 %',
    'server            1.50  1.50  +0.50 [0.50, 0.50]  +0.50 [0.50, 0.50]  1.50..1.50       95 %',
    '  frames per token: server 0.5',
    '! server: the load generator was the limit; the number is its own',
    '! 2 requests were still open',
  ]);
});
