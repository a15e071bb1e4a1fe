/** A client's or a server's name for a model as messages show it: one line, 64 characters. Pure. */

const maxChars = 64;

export function shownName(name: string): string {
  const line = name
    .slice(0, 4 * maxChars)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line;
}
