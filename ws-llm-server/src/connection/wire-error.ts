/** Whatever went wrong with a request, as its error frame says it. What is not meant for clients is logged and stays here. */
import { type ErrorFrame, isRetryableError } from '@ws-llm/protocol';
import { BackendError, type BackendErrorCode } from '../backend.ts';
import type { ConnectionContext } from './connection-context.ts';

export type WireError = Pick<ErrorFrame, 'code' | 'message' | 'retryable' | 'retry_after_ms'>;

/** For guests the words are ours: a model's own may name addresses. */
const wordsForGuests: Record<BackendErrorCode, string> = {
  bad_request: 'The model does not take this request.',
  context_too_long: 'The conversation has become too long for the model.',
  rate_limited: 'The model has too much to do. Try again in a while.',
  backend_unavailable: 'The model cannot be reached. Try again in a while.',
  backend_timeout: 'The model took too long. Try again.',
  backend_failed: 'The model could not answer.',
};

export function toWireError(
  error: unknown,
  { logger, role }: Pick<ConnectionContext, 'logger' | 'role'>,
): WireError {
  if (error instanceof BackendError) {
    const { code, message, retryable, retryAfterMs } = error;
    logger.warn({ code, reason: message }, 'request failed');
    const words = role === 'guest' ? wordsForGuests[code] : message;
    return {
      code,
      message: words,
      retryable,
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
    };
  }
  logger.error({ err: error }, 'request failed by a fault of this server');
  return {
    code: 'internal',
    message: 'The server made a mistake; its log says which. Try again.',
    retryable: isRetryableError('internal'),
  };
}
