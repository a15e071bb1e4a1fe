/**
 * The server's door for v1: text to a frame, or to what the server must answer instead (PROTOCOL.md, "Frames that are wrong").
 * Checks shape only; limits, ids in use and who may do what are the server's to know.
 */
import { clientFrames, type ClientFrame, mirroredRequest, type MirroredRequest } from './client-frame.ts';
import { describeIssue } from './describe-issue.ts';
import { isObject, parseObject } from './parse-object.ts';

/** What a server does with what it received. */
export type ParsedClientFrame =
  | { outcome: 'frame'; frame: ClientFrame }
  /** A type of a later version: ignore and log. */
  | { outcome: 'unknown'; type: string }
  /** Answer `error bad_request`, terminal where there is an id. */
  | { outcome: 'refused'; id: string | undefined; message: string; mirror: RefusedMirror | undefined }
  /** Close with 4400. */
  | { outcome: 'fatal'; message: string };

/** A refused request counts for its mirror all the same; where even that cannot be read, the mirror is lost. */
export type RefusedMirror =
  | ({ outcome: 'readable' } & MirroredRequest)
  | { outcome: 'unreadable'; key: string };

/** Never throws. */
export function parseClientFrame(text: string): ParsedClientFrame {
  const value = parseObject(text);
  if (value === undefined) return { outcome: 'fatal', message: 'a frame is one JSON object' };
  const { type, id } = value;
  if (typeof type !== 'string') return { outcome: 'fatal', message: 'a frame has a string "type"' };
  if (!isClientFrameType(type)) return { outcome: 'unknown', type };
  const isRequest = type === 'chat' || type === 'warm';
  if (isRequest && (typeof id !== 'string' || id === '')) {
    return { outcome: 'fatal', message: `a ${type} has a non-empty string "id"` };
  }
  const parsed = clientFrames[type].safeParse(value);
  if (parsed.success) return { outcome: 'frame', frame: parsed.data };
  return {
    outcome: 'refused',
    id: isRequest && typeof id === 'string' ? id : undefined,
    message: describeIssue(parsed.error),
    mirror: isRequest ? mirrorOf(value) : undefined,
  };
}

function mirrorOf(request: Record<string, unknown>): RefusedMirror | undefined {
  const { mirror } = request;
  if (!isObject(mirror) || typeof mirror['key'] !== 'string' || mirror['key'] === '') return undefined;
  const { data } = mirroredRequest.safeParse(request);
  return data === undefined
    ? { outcome: 'unreadable', key: mirror['key'] }
    : { outcome: 'readable', ...data };
}

function isClientFrameType(type: string): type is ClientFrame['type'] {
  return Object.hasOwn(clientFrames, type);
}
