/**
 * What a thread should remember, told again in the plainest way: turns, added to and cut. Knows nothing of how the server does it.
 */

export interface Said {
  role: string;
  content: string;
  /** The request whose reply it is. No model sees it. */
  reply?: string;
}

/** Whole turns, the oldest first. */
export type Turns = readonly (readonly Said[])[];

/** Of the server under test: small, so that cutting happens all the time. */
export const memoryLimits = { turns: 3, chars: 300 };

/** What is added begins a turn, and so does each user who speaks in it after somebody else. */
export function added(turns: Turns, said: readonly Said[]): Turns {
  const all = turns.map((turn) => [...turn]);
  for (const [index, message] of said.entries()) {
    if (index === 0 || (message.role === 'user' && said[index - 1]?.role !== 'user')) all.push([]);
    all.at(-1)?.push(message);
  }
  return all;
}

/** The newest whole turns that fit, always the newest `least` of them. */
export function cut(turns: Turns, least = 1): Turns {
  let kept = turns;
  while (kept.length > least && (kept.length > memoryLimits.turns || charsOf(kept) > memoryLimits.chars)) {
    kept = kept.slice(1);
  }
  return kept;
}

/** What a model sees when `said` is asked: the newest exchange in any case, beside what is asked. */
export function asked(turns: Turns, said: readonly Said[]): Said[] {
  return cut(added(turns, said), 2).flat();
}

/** Instead of that reply, what was heard of it; where nothing was, no reply. */
export function heardInstead(turns: Turns, reply: string, content: string): Turns {
  return turns.map((turn) =>
    turn.flatMap((message) => {
      if (message.reply !== reply) return [message];
      return content === '' ? [] : [{ ...message, content }];
    }),
  );
}

/** As a model sees it. */
export function asSeen(said: readonly Said[]): string {
  return JSON.stringify(said.map(({ role, content }) => ({ role, content })));
}

function charsOf(turns: Turns): number {
  return turns.flat().reduce((sum, { content }) => sum + content.length, 0);
}
