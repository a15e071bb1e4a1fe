/** Owns how far two utterances are apart where they differ most, whatever their pace. Knows nothing of words or of sound. */
import type { SpeechFeature } from './speech-features.ts';

/** A stretch of this many steps of 10 ms is about a syllable: one wrong word shows, one damaged packet does not. */
const STRETCH = 15;
/** Added where one utterance waits for the other, so that a word too many is not taken for a slow one. */
const WAITING_COST = 1;
/** Level differs between channels more than sound does. */
const LEVEL_WEIGHT = 0.25;
const LARGEST_TEMPO = 2;

/**
 * Aligns two utterances by dynamic time warping and returns the mean distance over the worst stretch of 150 ms.
 * 0 is the same sound; Infinity where one is empty or more than twice as long as the other.
 */
export function speechDifference(a: readonly SpeechFeature[], b: readonly SpeechFeature[]): number {
  const shorter = Math.min(a.length, b.length);
  if (shorter < STRETCH || Math.max(a.length, b.length) > LARGEST_TEMPO * shorter) return Infinity;
  return worstStretch(alignmentCosts(a, b));
}

/** The cost of each step of the cheapest alignment, last step first. */
function alignmentCosts(a: readonly SpeechFeature[], b: readonly SpeechFeature[]): number[] {
  const width = b.length;
  const total = new Float64Array(a.length * width);
  const step = new Float64Array(a.length * width);
  const cameFrom = new Int32Array(a.length * width).fill(-1);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < width; j++) {
      const here = i * width + j;
      const both = i > 0 && j > 0 ? total[here - width - 1]! : Infinity;
      const onlyA = i > 0 ? total[here - width]! + WAITING_COST : Infinity;
      const onlyB = j > 0 ? total[here - 1]! + WAITING_COST : Infinity;
      const before = here === 0 ? 0 : Math.min(both, onlyA, onlyB);
      const isTogether = before === both || here === 0;
      if (here > 0) cameFrom[here] = here - (isTogether ? width + 1 : before === onlyA ? width : 1);
      const between = distance(a[i]!, b[j]!);
      step[here] = between + (isTogether ? 0 : WAITING_COST);
      total[here] = before + between;
    }
  }
  const costs: number[] = [];
  for (let at = total.length - 1; at !== -1; at = cameFrom[at]!) costs.push(step[at]!);
  return costs;
}

function distance(a: SpeechFeature, b: SpeechFeature): number {
  let sum = 0;
  for (let q = 0; q < a.length; q++) sum += (q === 0 ? LEVEL_WEIGHT : 1) * (a[q]! - b[q]!) ** 2;
  return Math.sqrt(sum);
}

function worstStretch(costs: readonly number[]): number {
  let worst = 0;
  let sum = 0;
  for (const [k, cost] of costs.entries()) {
    sum += cost;
    if (k >= STRETCH) sum -= costs[k - STRETCH]!;
    if (k >= STRETCH - 1) worst = Math.max(worst, sum / STRETCH);
  }
  return worst;
}
