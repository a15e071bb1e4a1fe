/**
 * One quiet line for what happened in a reply beside its text: a tool call, a frame of a persona's tool.
 * Knows no persona; it reads whatever such a frame holds.
 */
import type { ReplyPart } from '@ws-llm/client';

const maxChars = 160;

/** `Symptoms collected: headache present, fever present`. */
export function noteOf(part: Extract<ReplyPart, { type: 'tool_call' | 'persona_frame' }>): string {
  if (part.type === 'tool_call') return `Asked for ${words(part.call.function.name)}`;
  const { type, id: _id, ...rest } = part.frame;
  const name = sentence(words(typeof type === 'string' ? type : 'note'));
  const details = Object.values(rest).map(textOf).filter(Boolean).join('; ');
  return details === '' ? name : shorten(`${name}: ${details}`);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).map(textOf).filter(Boolean).join(' ');
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? words(String(value))
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
