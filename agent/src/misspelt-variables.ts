/**
 * Environment variables that are nearly one of the agent's: a misspelt one would leave the default
 * in place without a word. The server has the same check for its own variables. Sees names only,
 * never a value.
 */

/** Shorter names resemble too many others. */
const shortest = 8;
/** Letters added, left out or replaced; two that changed places count as two. */
const mostSlips = 2;

/** One line for each, with the name that was probably meant. */
export function misspeltVariables(given: readonly string[], known: readonly string[]): string[] {
  const isKnown = new Set(known);
  return given
    .filter((name) => !isKnown.has(name) && name.length >= shortest)
    .flatMap((name) => {
      const meant = known.find((candidate) => candidate.length >= shortest && areNear(name, candidate));
      return meant === undefined ? [] : [`${name} is not a variable of the agent. Is ${meant} meant?`];
    });
}

function areNear(one: string, other: string): boolean {
  return Math.abs(one.length - other.length) <= mostSlips && slips(one, other) <= mostSlips;
}

/** Levenshtein's distance, row by row. */
function slips(one: string, other: string): number {
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
