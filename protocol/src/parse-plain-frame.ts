/**
 * Both doors of the plain dialect. A mistake is a sentence for an `error` frame; the words that clients of the
 * public proof of concept know are kept: "Invalid JSON format", "Unknown message type", "No messages provided".
 */
import { describeIssue } from './describe-issue.ts';
import { isObject, parseObject } from './parse-object.ts';
import {
  plainChatFrame,
  plainServerFrame,
  type PlainClientFrame,
  type PlainServerFrame,
} from './plain-frame.ts';

export type ParsedPlainFrame =
  | { outcome: 'frame'; frame: PlainClientFrame }
  | { outcome: 'refused'; message: string };

/** The server's door. Never throws. */
export function parsePlainClientFrame(text: string): ParsedPlainFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { outcome: 'refused', message: 'Invalid JSON format' };
  }
  if (!isObject(value)) return { outcome: 'refused', message: 'A frame is one JSON object, {"type": ...}' };
  switch (value['type']) {
    case 'reset':
      return { outcome: 'frame', frame: { type: 'reset' } };
    case 'chat':
      return parseChat(value);
    default:
      return {
        outcome: 'refused',
        message: `Unknown message type: ${nameOf(value['type'])}; known are chat and reset`,
      };
  }
}

/** The client's door: a frame, or undefined for what a client ignores. Never throws. */
export function parsePlainServerFrame(text: string): PlainServerFrame | undefined {
  return plainServerFrame.safeParse(parseObject(text)).data;
}

function parseChat(value: Record<string, unknown>): ParsedPlainFrame {
  const { messages } = value;
  if (messages === undefined || messages === null || (Array.isArray(messages) && messages.length === 0)) {
    return { outcome: 'refused', message: 'No messages provided' };
  }
  const parsed = plainChatFrame.safeParse(value);
  return parsed.success
    ? { outcome: 'frame', frame: parsed.data }
    : { outcome: 'refused', message: describeIssue(parsed.error) };
}

function nameOf(type: unknown): string {
  if (typeof type === 'string') return type.slice(0, 64);
  // Not written out: JSON may be nested more deeply than it can be written again.
  if (Array.isArray(type)) return 'a list';
  return isObject(type) ? 'an object' : JSON.stringify(type ?? null);
}
