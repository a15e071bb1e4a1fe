/**
 * Variables of the environment that are nobody's, but nearly one of ours: what is misspelt would otherwise be left at its default without
 * a word. Pure; knows names alone, and no value.
 */

/** Shorter ones resemble too much. */
const shortest = 8;
/** What is added, left out, replaced or, counted as two, changed places with its neighbour. */
const mostSlips = 2;

/** One line for each, with the name that was probably meant. */
export function misspeltVariables(given: readonly string[], known: readonly string[]): string[] {
  const isKnown = new Set(known);
  return given
    .filter((name) => !isKnown.has(name) && name.length >= shortest)
    .flatMap((name) => {
      const meant = known.find((candidate) => candidate.length >= shortest && areNear(name, candidate));
      return meant === undefined ? [] : [`${name} is not a variable of this server. Is ${meant} meant?`];
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
