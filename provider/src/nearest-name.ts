/** The name that was probably meant where another one was written. Pure. */

/** Letters added, left out or replaced; two that changed places count as two. */
const mostSlips = 2;

/** @returns undefined where none of `known` is near enough */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, slips: slips(written.toLowerCase(), name.toLowerCase()) }))
    .toSorted((one, other) => one.slips - other.slips);
  // In a short name two slips make any other word.
  return nearest !== undefined && nearest.slips <= Math.min(mostSlips, written.length / 2)
    ? nearest.name
    : undefined;
}

/** Levenshtein's distance, row by row. */
function slips(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > mostSlips) return Infinity;
  let before = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const [row, letter] of one.split('').entries()) {
    const now = [row + 1];
    for (const [column, counterpart] of other.split('').entries()) {
      const replaced = (before[column] ?? 0) + (letter === counterpart ? 0 : 1);
      now.push(Math.min(replaced, (before[column + 1] ?? 0) + 1, (now[column] ?? 0) + 1));
    }
    before = now;
  }
  return before.at(-1) ?? 0;
}
