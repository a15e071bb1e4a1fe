/**
 * What samples say, and how sure it is. Pure. Samples come in blocks, because what disturbs a machine disturbs a whole stretch of
 * time: blocks are what is resampled, and always the control's and the case's of the same round together.
 */
import { type Random, randomIndex } from './random.ts';

/** Round by round; each a block of samples. */
export type Blocks = readonly (readonly number[])[];

export type Comparison = 'difference' | 'ratio';

export interface Estimate {
  value: number;
  /** The bounds of its 95 % interval. */
  low: number;
  high: number;
}

export interface Spread {
  lowest: number;
  highest: number;
}

export function sorted(samples: Iterable<number>): Float64Array {
  return Float64Array.from(samples).toSorted();
}

/** Interpolated between the two nearest. NaN of nothing. */
export function quantile(sortedSamples: Float64Array, share: number): number {
  const at = share * (sortedSamples.length - 1);
  const below = sortedSamples[Math.floor(at)];
  const above = sortedSamples[Math.ceil(at)];
  if (below === undefined || above === undefined) return NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function median(samples: Iterable<number>): number {
  return quantile(sorted(samples), 0.5);
}

/** Of the blocks' own medians: how much the machine changed while it was measured. */
export function blockSpread(blocks: Blocks): Spread {
  const medians = blocks.map(median);
  return { lowest: Math.min(...medians), highest: Math.max(...medians) };
}

export interface CompareOptions {
  comparison: Comparison;
  /** Of which quantiles. */
  shares: readonly number[];
  random: Random;
  /** Default: 2,000. */
  resamples?: number;
}

/**
 * Quantiles of the case against those of the control, one estimate for each share.
 * @throws RangeError where the two have not been measured in the same rounds
 */
export function compareQuantiles(control: Blocks, other: Blocks, options: CompareOptions): Estimate[] {
  const { comparison, shares, random, resamples = 2_000 } = options;
  if (control.length !== other.length || control.length === 0)
    throw new RangeError(`expected as many blocks of both, got ${control.length} and ${other.length}`);
  const compare = (rounds: readonly number[]): number[] => {
    const [below, above] = [pool(control, rounds), pool(other, rounds)];
    return shares.map((share) => {
      const [from, to] = [quantile(below, share), quantile(above, share)];
      return comparison === 'difference' ? to - from : to / from;
    });
  };
  const rounds = control.map((_, round) => round);
  const drawn = Array.from({ length: resamples }, () =>
    compare(rounds.map(() => randomIndex(rounds.length, random))),
  );
  return compare(rounds).map((value, at) => {
    const values = sorted(drawn.map((resample) => resample[at] ?? NaN));
    return { value, low: quantile(values, 0.025), high: quantile(values, 0.975) };
  });
}

function pool(blocks: Blocks, rounds: readonly number[]): Float64Array {
  return sorted(rounds.flatMap((round) => blocks[round] ?? []));
}
