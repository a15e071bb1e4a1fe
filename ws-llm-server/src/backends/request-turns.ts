/**
 * A request's messages as turns, so that what has to go goes whole: a model never sees an answer without its question, or a call
 * without its result. Pure.
 */
import type { BackendMessage } from '../backend.ts';

export interface RequestTurns {
  /** The system messages that it begins with: persona and instructions. */
  head: BackendMessage[];
  /** Each begins with a user's words, but perhaps the first; the oldest first. */
  turns: BackendMessage[][];
}

export function splitTurns(messages: readonly BackendMessage[]): RequestTurns {
  const start = messages.findIndex(({ role }) => role !== 'system');
  if (start < 0) return { head: [...messages], turns: [] };
  const turns: BackendMessage[][] = [];
  let previous: BackendMessage | undefined;
  for (const message of messages.slice(start)) {
    // Words in several messages are one question.
    const opens = message.role === 'user' && previous?.role !== 'user';
    const last = turns.at(-1);
    if (last === undefined || opens) turns.push([message]);
    else last.push(message);
    previous = message;
  }
  return { head: messages.slice(0, start), turns };
}
