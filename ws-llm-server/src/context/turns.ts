/**
 * Turns: what belongs together, so that a model never sees half an exchange. Cuts whole turns from the oldest. Pure; knows nothing of who
 * keeps them.
 */
import type { ContentPart, Message } from '@ws-llm/protocol';

/** Messages that belong together: a user's words and all that follows from them. */
export type TurnMessages = readonly Message[];

export interface TurnLimits {
  /** Turns that are kept, at least one. */
  turns: number;
  /** Characters (UTF-16 units) that are kept; the newest turn is kept whole even where it alone is more. */
  chars: number;
}

/** `turns` and what a client adds: each of its users' words opens a turn, and so does whatever it begins with, but a call's result. */
export function withAdded(turns: readonly TurnMessages[], added: readonly Message[]): TurnMessages[] {
  const all = [...turns];
  for (const [index, message] of added.entries()) {
    const opens = message.role === 'user' ? added[index - 1]?.role !== 'user' : index === 0;
    const last = all.at(-1);
    if (last === undefined || (opens && message.role !== 'tool')) all.push([message]);
    else all[all.length - 1] = [...last, message];
  }
  return all;
}

/** The newest whole turns that fit. */
export function newestTurns(turns: readonly TurnMessages[], limits: TurnLimits): TurnMessages[] {
  let chars = 0;
  let from = turns.length;
  for (const [index, turn] of [...turns.entries()].toReversed()) {
    chars += turn.reduce((sum, message) => sum + messageChars(message), 0);
    const isNewest = index === turns.length - 1;
    if (!isNewest && (turns.length - index > limits.turns || chars > limits.chars)) break;
    from = index;
  }
  return turns.slice(from);
}

function messageChars(message: Message): number {
  const { content } = message;
  const said =
    typeof content === 'string'
      ? content.length
      : (content ?? []).reduce((sum, part) => sum + partChars(part), 0);
  if (message.role !== 'assistant') return said;
  return (message.tool_calls ?? []).reduce((sum, call) => sum + call.function.arguments.length, said);
}

function partChars(part: ContentPart): number {
  return part.type === 'text' ? part.text.length : JSON.stringify(part).length;
}
