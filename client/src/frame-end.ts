/** The end of a reply, as the frame that ends it says. Pure. */
import type { CompleteFrame, ErrorFrame } from '@ws-llm/protocol';
import type { ReplyEnd } from './reply.ts';

export function completeEnd(frame: CompleteFrame): ReplyEnd {
  const { finish_reason: finishReason, usage, timing, model, backend } = frame;
  return { type: 'complete', finishReason, usage, timing, backend, ...(model !== undefined && { model }) };
}

export function failedEnd(frame: ErrorFrame): ReplyEnd {
  const { code, message, retryable, retry_after_ms: retryAfterMs } = frame;
  return { type: 'failed', code, message, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
