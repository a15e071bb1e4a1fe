/** Whatever went wrong with a request, as its error frame says it. What is not meant for clients is logged and stays here. */
import { type ErrorFrame, isRetryableError } from '@ws-llm/protocol';
import { BackendError, type BackendErrorCode, type BackendRequest } from '../backend.ts';
import type { ToolUse } from '../context/exchanges.ts';
import { failureText, faultDetails } from '../failure-text.ts';
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

/** What was sent to the model before it failed: none of it may reach clients or the log. */
export interface FailedRequest {
  /** Undefined if the model was not asked. */
  request: BackendRequest | undefined;
  /** Text and tool results of this reply: later tool rounds send them to the model. */
  end?: { text: string; toolUses: readonly ToolUse[] } | undefined;
}

export function toWireError(
  error: unknown,
  { logger, role, backend }: Pick<ConnectionContext, 'logger' | 'role' | 'backend'>,
  { request, end }: FailedRequest = { request: undefined },
): WireError {
  const { secrets } = backend;
  const uses = (end?.toolUses ?? []).flatMap(({ call, result }) => [call.arguments, result]);
  const context = { request, alsoSent: [end?.text ?? '', ...uses], secrets };
  if (error instanceof BackendError) {
    const { code, retryable, retryAfterMs } = error;
    const reason = failureText(error, context);
    logger.warn({ code, reason }, 'request failed');
    return {
      code,
      message: role === 'guest' ? wordsForGuests[code] : reason,
      retryable,
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
    };
  }
  logger.error({ ...faultDetails(error, context) }, 'request failed by a fault of this server');
  return {
    code: 'internal',
    message: 'The server made a mistake; its log says which. Try again.',
    retryable: isRetryableError('internal'),
  };
}
