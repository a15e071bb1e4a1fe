/**
 * The client's door for v1: text to a frame. `delta`, the hot one, is checked by hand.
 */
import { describeIssue } from './describe-issue.ts';
import { parseObject } from './parse-object.ts';
import { serverFrames, type ServerFrame } from './server-frame.ts';

/** What a client does with what it received. */
export type ParsedServerFrame =
  | { outcome: 'frame'; frame: ServerFrame }
  /** A persona tool's frame, or one of a later version. */
  | { outcome: 'other'; type: string; id: string | undefined; frame: Record<string, unknown> }
  /** No frame of this protocol. Where it has an id, the reply of that id cannot be trusted any more. */
  | { outcome: 'broken'; id: string | undefined; message: string };

/** Never throws. */
export function parseServerFrame(text: string): ParsedServerFrame {
  const value = parseObject(text);
  if (value === undefined) return { outcome: 'broken', id: undefined, message: 'a frame is one JSON object' };
  const { type, id, content } = value;
  if (type === 'delta' && typeof id === 'string' && typeof content === 'string') {
    return { outcome: 'frame', frame: { type, id, content } };
  }
  const knownId = typeof id === 'string' ? id : undefined;
  if (typeof type !== 'string')
    return { outcome: 'broken', id: knownId, message: 'a frame has a string "type"' };
  if (!isServerFrameType(type)) return { outcome: 'other', type, id: knownId, frame: value };
  const parsed = serverFrames[type].safeParse(value);
  return parsed.success
    ? { outcome: 'frame', frame: parsed.data }
    : { outcome: 'broken', id: knownId, message: `${type}: ${describeIssue(parsed.error)}` };
}

function isServerFrameType(type: string): type is ServerFrame['type'] {
  return Object.hasOwn(serverFrames, type);
}
