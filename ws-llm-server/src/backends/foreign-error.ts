/**
 * Whatever code that is not ours throws, as the BackendError that it means: errors that carry our codes, a status (as most SDKs' do) or
 * a failed connection, and whole responses. Anything else is a fault of that code.
 */
import { BackendError, type BackendErrorCode } from '../backend.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';

const retryableByCode: Record<BackendErrorCode, boolean> = {
  bad_request: false,
  context_too_long: false,
  rate_limited: true,
  backend_unavailable: true,
  backend_timeout: true,
  backend_failed: false,
};

const maxDetailChars = 2_000;

interface Foreign {
  code?: unknown;
  status?: unknown;
  headers?: unknown;
  retryable?: unknown;
  retryAfterMs?: unknown;
  cause?: unknown;
}

/** `who` is its name, for the message; `begun`: something was said already. */
export async function toBackendError(who: string, thrown: unknown, begun: boolean): Promise<BackendError> {
  if (thrown instanceof BackendError) return thrown;
  if (thrown instanceof Response) {
    const { status, headers } = thrown;
    return httpFailure({
      who,
      status,
      detail: await detailOf(thrown),
      retryAfter: headers.get('retry-after'),
    });
  }
  if (!(thrown instanceof Error)) return fault(who, thrown);
  const { code, status, headers, retryable, retryAfterMs }: Foreign = thrown;
  if (isOurs(code)) {
    return new BackendError(code, thrown.message, {
      retryable: typeof retryable === 'boolean' ? retryable : retryableByCode[code],
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
      cause: thrown,
    });
  }
  if (typeof status === 'number') {
    return httpFailure({ who, status, detail: thrown.message, retryAfter: retryAfterOf(headers) });
  }
  if (isOfNetwork(thrown)) return begun ? brokenStream(who, thrown) : unreachable(who, thrown);
  // Half an answer, which was to be JSON.
  if (thrown instanceof SyntaxError) return brokenStream(who, thrown);
  return fault(who, thrown);
}

/** Where servers put their words: `error`, its `message`, or `message`; else all of it. */
async function detailOf(response: Response): Promise<string> {
  const body = await response.text().catch(() => '');
  try {
    const { error, message } = JSON.parse(body) as { error?: { message?: unknown }; message?: unknown };
    const words = [error, error?.message, message].find((candidate) => typeof candidate === 'string');
    if (words !== undefined) return words.slice(0, maxDetailChars);
  } catch {
    // Not JSON: the text itself is the best there is.
  }
  return body.slice(0, maxDetailChars);
}

function fault(who: string, thrown: unknown): BackendError {
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new BackendError('backend_failed', `${who} failed: ${words}`, { retryable: false, cause: thrown });
}

function isOurs(code: unknown): code is BackendErrorCode {
  return typeof code === 'string' && Object.hasOwn(retryableByCode, code);
}

/** Node's own codes, and undici's. */
function isOfNetwork(error: Error): boolean {
  const { code, cause }: Foreign = error;
  if (typeof code === 'string' && /^(?:E[A-Z]+|UND_ERR_\w+)$/.test(code)) return true;
  return cause instanceof Error && isOfNetwork(cause);
}

function retryAfterOf(headers: unknown): string | undefined {
  if (headers instanceof Headers) return headers.get('retry-after') ?? undefined;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const { 'retry-after': value } = headers as Record<string, unknown>;
  return typeof value === 'string' ? value : undefined;
}
