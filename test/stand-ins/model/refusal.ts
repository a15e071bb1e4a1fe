/** How each dialect says that a request gets no reply. Pure. */
import type { Failure } from './behaviour.ts';
import type { SeenRequest } from './request-log.ts';

type StatusFailure = Extract<Failure, { type: 'status' }>;

/** A request that is answered by a failure alone. */
export interface Refusal {
  status: number;
  retryAfter: string | undefined;
  /** In the dialect's words. */
  body: string;
}

/** What OpenAI answers where it does not know, or no longer knows, the response to go on from. */
export function previousResponseNotFound(id: unknown): StatusFailure & { param: string } {
  return {
    type: 'status',
    status: 400,
    message: `Previous response with id '${String(id)}' not found.`,
    code: 'previous_response_not_found',
    param: 'previous_response_id',
  };
}

export function toRefusal(
  { dialect, transport }: Pick<SeenRequest, 'dialect' | 'transport'>,
  failure: StatusFailure & { param?: string },
): Refusal {
  const { status, retryAfter, message = `status ${status}`, code, param } = failure;
  const type = errorType(status);
  const words = (): object => {
    if (dialect === 'ollama') return { error: message };
    if (transport === 'http') return { error: { message, type, param: param ?? null, code: code ?? null } };
    // A WebSocket has neither status nor headers once it is open. What is not known is left out here, and null over HTTP.
    const headers = retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } };
    return { type: 'error', status, error: { type, code, message, param }, ...headers };
  };
  return { status, retryAfter, body: JSON.stringify(words()) };
}

function errorType(status: number): string {
  if (status >= 500) return 'server_error';
  return status === 429 ? 'rate_limit_error' : 'invalid_request_error';
}
