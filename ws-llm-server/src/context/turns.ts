/**
 * Turns: what belongs together, so that a model never sees half an exchange. Cuts whole turns from the
 * oldest. Pure; knows nothing of who keeps them.
 */
import type { Message } from '@ws-llm/protocol';
import { memorySize } from '../memory-size.ts';

/** Messages that belong together: a user's words and all that follows from them. */
export interface Turn {
  readonly messages: readonly Message[];
  /** What `TurnLimits.chars` counts, in UTF-16 units. */
  readonly chars: number;
  /** As compact JSON, in UTF-8 bytes. */
  readonly bytes: number;
  /** In memory, in bytes. */
  readonly memory: number;
}

export interface TurnLimits {
  /** Turns that are kept, at least one. */
  turns: number;
  /** Characters (UTF-16 units) that are kept; the newest turn is kept whole even where it alone is more. */
  chars: number;
}

/**
 * `turns` and what a client adds: each of its users' words opens a turn, and so does the message that it
 * begins with, unless that is a tool's result, which belongs to the turn of the call.
 */
export function withAdded(turns: readonly Turn[], added: readonly Message[]): Turn[] {
  const all = [...turns];
  for (const messages of segments(added)) {
    const turn = measured(messages);
    const last = all.at(-1);
    if (last !== undefined && messages[0]?.role === 'tool') all[all.length - 1] = joined(last, turn);
    else all.push(turn);
  }
  return all;
}

/** The newest whole turns that fit; the last `least` of them in any case. */
export function newestTurns(turns: readonly Turn[], limits: TurnLimits, least = 1): Turn[] {
  let chars = 0;
  let from = turns.length;
  for (const [index, turn] of [...turns.entries()].toReversed()) {
    const count = turns.length - index;
    chars += turn.chars;
    if (count > least && (count > limits.turns || chars > limits.chars)) break;
    from = index;
  }
  return turns.slice(from);
}

/** A new one begins with each user's words that follow something else. */
function segments(added: readonly Message[]): Message[][] {
  const all: Message[][] = [];
  for (const [index, message] of added.entries()) {
    const opens = index === 0 || (message.role === 'user' && added[index - 1]?.role !== 'user');
    if (opens) all.push([message]);
    else all.at(-1)?.push(message);
  }
  return all;
}

export function measured(messages: readonly Message[]): Turn {
  let [chars, bytes, memory] = [0, 0, 0];
  for (const message of messages) {
    chars += charsOf(message);
    bytes += Buffer.byteLength(JSON.stringify(message));
    memory += memorySize(message);
  }
  return { messages, chars, bytes, memory };
}

function joined(one: Turn, other: Turn): Turn {
  return {
    messages: [...one.messages, ...other.messages],
    chars: one.chars + other.chars,
    bytes: one.bytes + other.bytes,
    memory: one.memory + other.memory,
  };
}

/** The text of a message as it is, everything else as JSON: names, parts, refusals, calls with their ids. */
function charsOf(message: Message): number {
  const { role: _, content, ...rest } = message;
  // A name that the server gave it: nobody said that.
  if ('reply' in rest) delete rest.reply;
  const said = typeof content === 'string' ? content.length : 0;
  const parts = typeof content === 'string' || !content ? 0 : JSON.stringify(content).length;
  const beside = Object.keys(rest).length === 0 ? 0 : JSON.stringify(rest).length;
  return said + parts + beside;
}
