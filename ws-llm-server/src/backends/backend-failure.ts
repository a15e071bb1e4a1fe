/**
 * What a model's answer or its absence means: HTTP status, network failure or a broken stream to a BackendError.
 * The rules are PROTOCOL.md's, section 8. Knows nothing of any one backend.
 */
import { BackendError } from '../backend.ts';
import { messageOf } from '../thrown.ts';
import { contextRefusal } from './context-refusal.ts';
import { TooLongError } from './too-long.ts';

export interface HttpFailure {
  /** Who answered, for the message: `Ollama at http://...`. */
  who: string;
  status: number;
  /** The server's own words, unchanged. */
  said: string;
  /** Added to the status in our message: what fixes it, or where the server has moved. */
  remedy?: string;
  /** Whatever came with it for programs. */
  codes?: string;
  /** The header Retry-After, as it came. */
  retryAfter: string | null | undefined;
}

/** An error may be its own cause. */
const maxCauses = 8;
const maxCauseChars = 200;

/** These say nothing of the request. */
const notAboutLength = [401, 403, 404, 429];

/** A model that answered, but not with a reply. */
export function httpFailure(failure: HttpFailure): BackendError {
  const { who, status, said, remedy = '', codes = '', retryAfter } = failure;
  const message = `${who} answered ${status}${remedy}`;
  const context = notAboutLength.includes(status) ? undefined : contextRefusal(`${said} ${codes}`);
  if (context !== undefined) {
    return new BackendError('context_too_long', message, { retryable: false, context, said });
  }
  if (status === 429) {
    return new BackendError('rate_limited', message, {
      retryable: true,
      retryAfterMs: parseRetryAfter(retryAfter),
      said,
    });
  }
  if (status === 400 || status === 413 || status === 422) {
    return new BackendError('bad_request', message, { retryable: false, said });
  }
  if (status >= 500 || status === 408) {
    return new BackendError('backend_unavailable', message, {
      retryable: true,
      retryAfterMs: parseRetryAfter(retryAfter),
      said,
    });
  }
  return new BackendError('backend_failed', message, { retryable: false, said });
}

/** A model that could not be reached at all. */
export function unreachable(who: string, cause: unknown): BackendError {
  return new BackendError(
    'backend_unavailable',
    `${who} cannot be reached (${causeOf(cause)}). Is it running, and is the address right?`,
    { retryable: true, cause },
  );
}

/** An error that the server sent within a stream. Some refuse a long request only there. */
export function failedInStream(who: string, said: string, codes = ''): BackendError {
  const context = contextRefusal(`${said} ${codes}`);
  if (context !== undefined) {
    const message = `${who} refused the request as too long`;
    return new BackendError('context_too_long', message, { retryable: false, context, said });
  }
  return new BackendError('backend_failed', `${who} broke off its answer with an error`, {
    retryable: true,
    said,
  });
}

/** A response that broke off, could not be read, or was closed because it is too long. */
export function brokenStream(who: string, cause: unknown): BackendError {
  if (cause instanceof TooLongError) {
    const message = `${who} sent ${cause.message}; the request was closed.`;
    return new BackendError('backend_failed', message, { retryable: false, cause });
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

/**
 * The innermost cause that has a message: `fetch failed` alone explains nothing. `JSON.parse`
 * quotes its input, which may be what people said, so its message is never used.
 */
function causeOf(error: unknown, depth = 0): string {
  if (error instanceof SyntaxError) return 'a part of it is not JSON';
  if (error instanceof TypeError && error.cause === undefined) return 'a part of it is not what was expected';
  if (!(error instanceof Error)) return messageOf(error);
  if (error.cause instanceof Error && depth < maxCauses) return causeOf(error.cause, depth + 1);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (error.message === '' ? code || error.name : messageOf(error)).slice(0, maxCauseChars);
}
