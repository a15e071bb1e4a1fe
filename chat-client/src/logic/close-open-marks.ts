/**
 * Closes what a growing markdown text has left open at its end, so that a reader does not see marks turn into bold or links.
 * Only a guess about the next pieces: the finished reply is never touched.
 */

/** `some **bold` becomes `some **bold**`; a list mark without its text waits. */
export function closeOpenMarks(text: string): string {
  if (inFence(text) || inFormula(text)) return text;
  const start = text.lastIndexOf('\n\n') + 1;
  const settled = text.slice(0, start);
  return settled + closeCode(closeBold(closeLink(withoutLoneMark(text.slice(start)))));
}

function inFence(text: string): boolean {
  return (text.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0) % 2 === 1;
}

/** A formula in lines of its own, whose marks are its own too. */
function inFormula(text: string): boolean {
  return text.lastIndexOf('\\[') > text.lastIndexOf('\\]');
}

function withoutLoneMark(text: string): string {
  return text.replace(/(^|\n)[ \t]*(?:[-*+#>|`~]+|\d{1,3}[.)]?)[ \t]*$/, '$1');
}

/** `see [the page](https://exa` shows `see the page`. */
function closeLink(text: string): string {
  return text.replace(/!?\[([^[\]\n]*)\]\([^()\s]*$/, '$1');
}

function closeBold(text: string): string {
  const marks = withoutCode(text).match(/\*\*/g)?.length ?? 0;
  if (marks % 2 === 0) return text;
  const trimmed = text.trimEnd();
  if (trimmed.endsWith('**')) return trimmed.slice(0, -2);
  // Half of a closing mark has come.
  return trimmed.endsWith('*') ? `${trimmed}*` : `${trimmed}**`;
}

function closeCode(text: string): string {
  return (text.match(/`/g)?.length ?? 0) % 2 === 0
    ? text
    : text.endsWith('`')
      ? text.slice(0, -1)
      : `${text}\``;
}

function withoutCode(text: string): string {
  return text.replace(/`[^`\n]*(?:`|$)/g, '');
}
