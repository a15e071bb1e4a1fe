/**
 * The page's own memory of the conversation, and what of it goes to the server with the next question.
 * Knows nothing of connections; a server that has forgotten everything is told everything.
 */
import type { FinishReason, Limits, Message } from '@ws-llm/protocol';

/** How far a reply has come. Everything but `waiting` and `streaming` is final. */
export type ReplyState =
  /** For the connection, or for the first piece. */
  | { type: 'waiting' }
  | { type: 'streaming' }
  | { type: 'complete'; finishReason: FinishReason }
  /** By the reader. */
  | { type: 'stopped' }
  | { type: 'failed'; message: string; retryable: boolean }
  /** The connection ended first. */
  | { type: 'lost' };

export interface TurnReply {
  /** Markdown, as far as it came. */
  text: string;
  reasoning: string;
  /** Quiet lines: what happened beside the text. */
  notes: readonly string[];
  state: ReplyState;
  /** When it reached its final state, in milliseconds since the epoch. */
  endedAtMs?: number;
}

/** One question with its reply. */
export interface Turn {
  /** Unique on the page. */
  id: number;
  question: string;
  askedAtMs: number;
  reply: TurnReply;
}

/** How much of a transcript one request may carry. */
export interface Bound {
  /** UTF-8 bytes of the messages as JSON. */
  bytes: number;
  messages: number;
}

/** For servers that tell no limits. */
export const defaultBound: Bound = { bytes: 64 * 1024, messages: 256 };

/** Room for the rest of the frame around the messages. */
const frameBytes = 512;

export function boundOf(limits: Limits | undefined): Bound {
  if (limits === undefined) return defaultBound;
  return {
    bytes: Math.max(0, Math.min(limits.list_bytes, limits.frame_bytes - frameBytes)),
    messages: limits.messages,
  };
}

/** Whether a question fits a request at all, without anything before it. */
export function questionFits(content: string, bound: Bound): boolean {
  return sizeOf([{ role: 'user', content }]) <= bound.bytes;
}

/** The last question with the newest whole turns before it that fit, oldest first. */
export function messagesToSend(turns: readonly Turn[], bound: Bound): Message[] {
  const chosen: Message[][] = [];
  let bytes = 2;
  let count = 0;
  for (const turn of turns.toReversed()) {
    const isQuestion = turn === turns.at(-1);
    const messages = isQuestion ? [question(turn)] : messagesOf(turn);
    bytes += sizeOf(messages);
    count += messages.length;
    if (!isQuestion && (bytes > bound.bytes || count > bound.messages)) break;
    chosen.unshift(messages);
  }
  return chosen.flat();
}

/** What was said in a turn, a reply that was cut included as far as it was seen. */
function messagesOf(turn: Turn): Message[] {
  const { text, state } = turn.reply;
  // A question that the server will never take would spoil every later request.
  if (state.type === 'failed' && !state.retryable && text === '') return [];
  return text === '' ? [question(turn)] : [question(turn), { role: 'assistant', content: text }];
}

function question(turn: Turn): Message {
  return { role: 'user', content: turn.question };
}

const utf8 = new TextEncoder();

/** With the comma that joins each to the next. */
function sizeOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + utf8.encode(JSON.stringify(message)).length + 1, 0);
}
