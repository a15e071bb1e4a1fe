/**
 * One quiet line for what happened in a reply beside its text: a tool call, a frame of a persona's tool.
 * Knows no persona; it reads whatever such a frame holds.
 */
import type { ReplyPart } from '@ws-llm/client';

const maxChars = 160;
/** A frame may nest deeper than the stack is high. */
const maxDepth = 8;
/** Enough to fill the line; a frame may have a million values. */
const maxValues = 50;

/** `Symptoms collected: headache present, fever present`. */
export function noteOf(part: Extract<ReplyPart, { type: 'tool_call' | 'persona_frame' }>): string {
  if (part.type === 'tool_call') return shorten(`Asked for ${words(part.call.function.name)}`);
  const { type, id: _id, ...rest } = part.frame;
  const name = sentence(words(typeof type === 'string' ? type : 'note'));
  const details = textsOf(Object.values(rest), 0).join('; ');
  return details === '' ? name : shorten(`${name}: ${details}`);
}

function textsOf(values: readonly unknown[], depth: number): string[] {
  return values
    .slice(0, maxValues)
    .map((value) => textOf(value, depth))
    .filter((text) => text !== '');
}

function textOf(value: unknown, depth: number): string {
  if (depth > maxDepth) return '…';
  if (Array.isArray(value)) return textsOf(value, depth + 1).join(', ');
  if (typeof value === 'object' && value !== null) {
    return textsOf(Object.values(value), depth + 1).join(' ');
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? words(String(value).slice(0, maxChars + 1))
    : '';
}

function words(name: string): string {
  return name.replaceAll('_', ' ').trim();
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function shorten(text: string): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1).trimEnd()}…`;
}
