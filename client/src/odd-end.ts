/**
 * Reads frames that end a request but do not match their schema, as servers of another make send
 * them: with `usage: {}`, without timing, with a null finish reason. The request has ended all the
 * same, and what can be read of the frame counts. Rarely called, so it parses the text again.
 */
import { type ErrorFrame, type Timing, type Usage, serverFrames } from '@ws-llm/protocol';
import type { ReplyEnd } from './reply.ts';

/** The end of a reply, or of a `warm`, with the id of its request. */
export type OddEnd =
  | { id: string; end: Extract<ReplyEnd, { type: 'complete' | 'failed' }> }
  | { id: string; end: { type: 'warmed'; timing?: Timing; prefilled_tokens?: number } };

const complete = serverFrames.complete.shape;
const warmed = serverFrames.warmed.shape;
const error = serverFrames.error.shape;

/** @returns undefined where `text` is not JSON, has no id, or is no frame that ends a request */
export function readOddEnd(text: string): OddEnd | undefined {
  const frame = parse(text);
  const { type, id } = frame;
  if (typeof id !== 'string') return undefined;
  switch (type) {
    case 'complete':
      return { id, end: completeOf(frame) };
    case 'warmed': {
      const timing = read(warmed.timing, frame['timing']);
      const tokens = read(warmed.prefilled_tokens, frame['prefilled_tokens']);
      const known = {
        ...(timing !== undefined && { timing }),
        ...(tokens !== undefined && { prefilled_tokens: tokens }),
      };
      return { id, end: { type, ...known } };
    }
    case 'error':
      return { id, end: failedOf(frame) };
    default:
      return undefined;
  }
}

function completeOf(frame: Record<string, unknown>): Extract<ReplyEnd, { type: 'complete' }> {
  const usage: Usage | undefined = read(complete.usage, frame['usage']);
  const timing: Timing | undefined = read(complete.timing, frame['timing']);
  const model = read(complete.model, frame['model']);
  const backend = read(complete.backend, frame['backend']);
  return {
    type: 'complete',
    finishReason: read(complete.finish_reason, frame['finish_reason']) ?? 'stop',
    ...(usage !== undefined && { usage }),
    ...(timing !== undefined && { timing }),
    ...(model !== undefined && { model }),
    ...(backend !== undefined && { backend }),
  };
}

function failedOf(frame: Record<string, unknown>): Extract<ReplyEnd, { type: 'failed' }> {
  const code: ErrorFrame['code'] = read(error.code, frame['code']) ?? 'internal';
  const retryAfterMs = read(error.retry_after_ms, frame['retry_after_ms']);
  return {
    type: 'failed',
    code,
    message: read(error.message, frame['message']) ?? 'the server reported an error without a message',
    retryable: read(error.retryable, frame['retryable']) ?? false,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

type Schema<T> = { safeParse(value: unknown): { success: true; data: T } | { success: false } };

function read<T>(schema: Schema<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
