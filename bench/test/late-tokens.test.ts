/** A token that comes late is laid to what stood in its way, garbage first. */
import { expect, test } from 'vitest';
import { whyLate } from '../rows/late-tokens.ts';

const passage = (sentAt: number, ms: number): { sentAt: number; heardAt: number } => ({
  sentAt,
  heardAt: sentAt + ms,
});

test('late tokens are laid to garbage, to other stops, or to nothing', () => {
  const passages = [
    ...Array.from({ length: 96 }, (_, at) => passage(1_000 + at, 0.3)),
    passage(100, 6),
    // After the pause, behind what waited for it.
    passage(106, 2.5),
    passage(200, 6),
    passage(300, 6),
  ];
  const line = whyLate(passages, [
    { why: 'garbage', at: 101, ms: 4 },
    // A loop that collects stands still as well.
    { why: 'still', at: 100, ms: 6 },
    { why: 'still', at: 201, ms: 4 },
  ]);
  expect(line).toBe(
    '4.0 % of tokens later than 2 ms, of these 50 % by garbage, 25 % by another stop of its loop',
  );
});

test('where nothing stands between, no reason is told', () => {
  expect(whyLate([passage(1, 0.1), passage(2, 3)], [])).toBe('50.0 % of tokens later than 2 ms');
});
