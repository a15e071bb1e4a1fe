/**
 * What a thread should remember, told again in the plainest way: a list, added to and cut. Knows nothing of how the server does it.
 */

export interface Said {
  role: string;
  content: string;
}

/** Of the server under test: small, so that cutting happens all the time. */
export const memoryLimits = { turns: 3, chars: 300 };

/** The newest whole turns that fit, always the newest one. A turn begins where a user speaks after somebody else. */
export function cut(said: readonly Said[]): Said[] {
  const turns: Said[][] = [];
  for (const [index, message] of said.entries()) {
    if (index === 0 || (message.role === 'user' && said[index - 1]?.role !== 'user')) turns.push([]);
    turns.at(-1)?.push(message);
  }
  while (
    turns.length > 1 &&
    (turns.length > memoryLimits.turns || charsOf(turns.flat()) > memoryLimits.chars)
  ) {
    turns.shift();
  }
  return turns.flat();
}

function charsOf(said: readonly Said[]): number {
  return said.reduce((sum, { content }) => sum + content.length, 0);
}
