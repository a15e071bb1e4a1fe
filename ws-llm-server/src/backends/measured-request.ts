/**
 * How large a request is, turn by turn, in characters, for those who have to guess tokens. Pure; every server counts tokens in its own
 * way, and none of them before it is asked.
 */
import type { BackendMessage, BackendRequest } from '../backend.ts';
import { type RequestTurns, splitTurns } from './request-turns.ts';

export interface MeasuredRequest extends RequestTurns {
  /** Of its conversation. */
  key: string;
  /** What can never go. */
  fixed: number;
  sizes: number[];
  whole: number;
}

/** What a template puts around each message: role and separators. */
const charsPerMessage = 16;
/** Models spend some hundreds of tokens on a picture, whatever its file's size. */
const charsPerImage = 3_000;

export function measure(request: BackendRequest): MeasuredRequest {
  const split = splitTurns(request.messages);
  const fixed = toolsSize(request) + sum(split.head.map(messageSize));
  const sizes = split.turns.map((turn) => sum(turn.map(messageSize)));
  return { ...split, key: keyOf(request.model, split), fixed, sizes, whole: fixed + sum(sizes) };
}

/** Conversations that begin alike may share a key: what is remembered are guesses, and they are checked. */
function keyOf(model: string | undefined, { head, turns }: RequestTurns): string {
  const persona = sum(head.map(({ content }) => content.length));
  const content = turns[0]?.[0]?.content ?? '';
  const words = typeof content === 'string' ? content : content.find((part) => part.type === 'text')?.text;
  return `${(model ?? '').slice(0, 200)} ${persona} ${(words ?? '').slice(0, 200)}`;
}

function messageSize(message: BackendMessage): number {
  const { content } = message;
  let size = charsPerMessage;
  if (typeof content === 'string') size += content.length;
  else for (const part of content) size += part.type === 'text' ? part.text.length : charsPerImage;
  if (message.role === 'assistant') {
    for (const call of message.toolCalls ?? [])
      size += charsPerMessage + call.name.length + call.arguments.length;
  }
  return size;
}

/** Templates tell of tools as JSON. */
function toolsSize({ tools, toolChoice }: BackendRequest): number {
  return tools === undefined || toolChoice === 'none' ? 0 : JSON.stringify(tools).length;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
