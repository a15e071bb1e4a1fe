/** The statistics say what the samples say: known values, and intervals that hold the truth as often as they claim. */
import { expect, test } from 'vitest';
import { seededRandom, shuffled } from '../random.ts';
import { blockSpread, compareQuantiles, median, quantile, sorted } from '../statistics.ts';

test('quantiles are those of the sorted samples, interpolated', () => {
  const samples = sorted([40, 10, 30, 20]);
  expect([0, 0.5, 1].map((share) => quantile(samples, share))).toEqual([10, 25, 40]);
  expect(quantile(sorted([9, 100, 8]), 0.5)).toBe(9);
  expect(quantile(sorted([7]), 0.99)).toBe(7);
  expect(median([])).toBeNaN();
});

test('the spread is that of the medians of the blocks, not of the samples', () => {
  expect(blockSpread([[1, 2, 90], [3, 4, 5], [2.5]])).toEqual({ lowest: 2, highest: 4 });
});

/** Skewed samples, as latencies are, in blocks that differ as the hours of a busy machine do. */
function simulate(seed: number, addMs: number): { control: number[][]; other: number[][] } {
  const random = seededRandom(seed);
  const latency = (disturbed: number): number => disturbed * (1 - Math.log(1 - random()) / 4);
  const rounds = Array.from({ length: 12 }, () => 1 + random());
  const measure = (add: number): number[][] =>
    rounds.map((disturbed) => Array.from({ length: 10 }, () => latency(disturbed) + add));
  return { control: measure(0), other: measure(addMs) };
}

test('the interval holds the true difference of medians in about 95 of 100 measurements', () => {
  const addMs = 0.3;
  const held = Array.from({ length: 200 }, (_, seed) => {
    const { control, other } = simulate(seed, addMs);
    const options = { comparison: 'difference', shares: [0.5], resamples: 150 } as const;
    const [estimate] = compareQuantiles(control, other, { ...options, random: seededRandom(seed + 1_000) });
    return estimate !== undefined && estimate.low <= addMs && addMs <= estimate.high;
  }).filter(Boolean).length;
  expect(held).toBeGreaterThanOrEqual(180);
  expect(held).toBeLessThan(200);
});

test('what is measured twice is not told apart, and half a millisecond more is', () => {
  const options = { shares: [0.5, 0.99], random: seededRandom(7) };
  const same = simulate(1, 0);
  const [difference] = compareQuantiles(same.control, same.other, { comparison: 'difference', ...options });
  expect(difference?.low).toBeLessThan(0);
  expect(difference?.high).toBeGreaterThan(0);
  const slower = simulate(1, 0.5);
  const [added] = compareQuantiles(slower.control, slower.other, { comparison: 'difference', ...options });
  expect(added?.low).toBeGreaterThan(0.2);
  expect(added?.high).toBeLessThan(0.8);
});

test('a ratio is of the quantiles', () => {
  const control = [[1, 2, 3]];
  const [half, whole] = compareQuantiles(control, [[2, 4, 9]], {
    comparison: 'ratio',
    shares: [0.5, 1],
    random: seededRandom(1),
  });
  expect(half).toEqual({ value: 2, low: 2, high: 2 });
  expect(whole).toEqual({ value: 3, low: 3, high: 3 });
});

test('the same seed gives the same interval, another one another', () => {
  const { control, other } = simulate(3, 0.1);
  const estimate = (seed: number): unknown =>
    compareQuantiles(control, other, { comparison: 'ratio', shares: [0.5], random: seededRandom(seed) });
  expect(estimate(5)).toEqual(estimate(5));
  expect(estimate(5)).not.toEqual(estimate(6));
});

test('blocks that were not measured in the same rounds cannot be compared', () => {
  const options = { comparison: 'ratio', shares: [0.5], random: seededRandom(1) } as const;
  expect(() => compareQuantiles([[1], [2]], [[1]], options)).toThrow(RangeError);
  expect(() => compareQuantiles([], [], options)).toThrow(RangeError);
});

test('chance is even: numbers fill their range, and every order of three comes as often', () => {
  const random = seededRandom(11);
  const numbers = Array.from({ length: 10_000 }, random);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(Math.abs(numbers.reduce((sum, one) => sum + one, 0) / 10_000 - 0.5)).toBeLessThan(0.01);
  const orders = new Map<string, number>();
  for (let draw = 0; draw < 6_000; draw += 1) {
    const order = shuffled(['a', 'b', 'c'], random).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect(orders.size).toBe(6);
  for (const count of orders.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
