/** Chance that can be repeated: the same seed gives the same order of blocks and the same resamples. */

/** Each call gives a number from 0 up to, without, 1. */
export type Random = () => number;

/** Marsaglia's xorshift on 32 bits: good enough for shuffling and resampling, and for nothing secret. */
export function seededRandom(seed: number): Random {
  // Small seeds differ in few bits, and zero would stay zero.
  let state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
  for (let round = 0; round < 8; round += 1) next();
  return next;
}

export function randomIndex(length: number, random: Random): number {
  return Math.floor(random() * length);
}

/** A new list in random order, each order as likely as any other. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(randomIndex(left.length, random), 1));
}
