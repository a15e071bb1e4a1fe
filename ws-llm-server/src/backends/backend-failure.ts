/**
 * What a model's answer or its absence means: HTTP status, network failure or a broken stream to a BackendError.
 * The rules are PROTOCOL.md's, section 8. Knows nothing of any one backend.
 */
import { BackendError } from '../backend.ts';
import { contextRefusal } from './context-refusal.ts';

export interface HttpFailure {
  /** Who answered, for the message: `Ollama at http://...`. */
  who: string;
  status: number;
  /** What it said. */
  detail: string;
  /** Whatever came with it for programs. */
  codes?: string;
  /** The header Retry-After, as it came. */
  retryAfter: string | null | undefined;
}

/** These say nothing of the request. */
const notAboutLength = [401, 403, 404, 429];

/** A model that answered, but not with a reply. */
export function httpFailure({ who, status, detail, codes = '', retryAfter }: HttpFailure): BackendError {
  const message = `${who} answered ${status}: ${detail}`;
  const context = notAboutLength.includes(status) ? undefined : contextRefusal(`${detail} ${codes}`);
  if (context !== undefined) {
    return new BackendError('context_too_long', message, { retryable: false, context });
  }
  if (status === 429) {
    return new BackendError('rate_limited', message, {
      retryable: true,
      retryAfterMs: parseRetryAfter(retryAfter),
    });
  }
  if (status === 400 || status === 413 || status === 422) {
    return new BackendError('bad_request', message, { retryable: false });
  }
  if (status >= 500 || status === 408) {
    return new BackendError('backend_unavailable', message, {
      retryable: true,
      retryAfterMs: parseRetryAfter(retryAfter),
    });
  }
  return new BackendError('backend_failed', message, { retryable: false });
}

/** A model that could not be reached at all. */
export function unreachable(who: string, cause: unknown): BackendError {
  return new BackendError(
    'backend_unavailable',
    `${who} cannot be reached (${causeOf(cause)}). Is it running, and is the address right?`,
    { retryable: true, cause },
  );
}

/** A reply that broke off or could not be read. Some servers say only inside a stream that a request is too long. */
export function brokenStream(who: string, cause: unknown): BackendError {
  const context = cause instanceof Error ? contextRefusal(cause.message) : undefined;
  if (cause instanceof Error && context !== undefined) {
    return new BackendError('context_too_long', `${who}: ${cause.message}`, {
      retryable: false,
      context,
      cause,
    });
  }
  return new BackendError('backend_failed', `${who} broke off its answer (${causeOf(cause)}). Try again.`, {
    retryable: true,
    cause,
  });
}

/** Seconds or a date (RFC 9110, 10.2.3) to milliseconds from now. */
function parseRetryAfter(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined || header === '') return undefined;
  const seconds = Number(header);
  const afterMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(afterMs) ? Math.max(0, afterMs) : undefined;
}

/** The innermost reason that has words: `fetch failed` helps nobody. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return causeOf(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code || error.name : error.message;
}
