/** Whatever went wrong with a request, as its error frame says it. What is not meant for clients is logged and stays here. */
import { type ErrorFrame, isRetryableError } from '@ws-llm/protocol';
import { BackendError } from '../backend.ts';
import type { Logger } from '../logger.ts';

export type WireError = Pick<ErrorFrame, 'code' | 'message' | 'retryable' | 'retry_after_ms'>;

export function toWireError(error: unknown, logger: Logger): WireError {
  if (error instanceof BackendError) {
    const { code, message, retryable, retryAfterMs } = error;
    logger.warn({ code, reason: message }, 'request failed');
    return { code, message, retryable, ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }) };
  }
  logger.error({ err: error }, 'request failed by a fault of this server');
  return {
    code: 'internal',
    message: 'The server made a mistake; its log says which. Try again.',
    retryable: isRetryableError('internal'),
  };
}
