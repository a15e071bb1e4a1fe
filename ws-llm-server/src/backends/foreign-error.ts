/**
 * Whatever code that is not ours throws, as the BackendError that it means: errors that carry our codes, a status (as most SDKs' do) or
 * a failed connection, and whole responses. Anything else is a fault of that code.
 */
import { BackendError, type BackendErrorCode } from '../backend.ts';
import { messageOf } from '../thrown.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { asRecord } from './foreign-results.ts';
import { TooLongError } from './too-long.ts';
import { unlessAborted } from './unless-aborted.ts';

const retryableByCode: Record<BackendErrorCode, boolean> = {
  bad_request: false,
  context_too_long: false,
  rate_limited: true,
  backend_unavailable: true,
  backend_timeout: true,
  backend_failed: false,
};

/** Limits for the body of a thrown Response. */
const maxBodyBytes = 64 * 1024;
const bodyTimeoutMs = 5_000;

/** An error may be its own cause. */
const maxCauses = 8;

interface Foreign {
  code?: unknown;
  status?: unknown;
  headers?: unknown;
  retryable?: unknown;
  retryAfterMs?: unknown;
  cause?: unknown;
}

/**
 * `who`: the backend's name, for the message. `begun`: part of the reply was sent. Never rejects.
 */
export async function toBackendError(who: string, thrown: unknown, begun: boolean): Promise<BackendError> {
  try {
    if (!(thrown instanceof Response)) return toKnownError(who, thrown, begun);
    const { status, headers } = thrown;
    const said = await wordsOf(thrown);
    return httpFailure({ who, status, said, retryAfter: headers.get('retry-after') });
  } catch {
    // A getter or a Proxy that throws when it is inspected.
    return fault(who, thrown);
  }
}

function toKnownError(who: string, thrown: unknown, begun: boolean): BackendError {
  if (thrown instanceof BackendError) return thrown;
  if (thrown instanceof TooLongError) return brokenStream(who, thrown);
  if (!(thrown instanceof Error)) return fault(who, thrown);
  const { code, status, headers, retryable, retryAfterMs }: Foreign = thrown;
  if (isOurs(code)) {
    return new BackendError(code, `${who} failed`, {
      retryable: typeof retryable === 'boolean' ? retryable : retryableByCode[code],
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
      said: messageOf(thrown),
      cause: thrown,
    });
  }
  if (typeof status === 'number') {
    return httpFailure({ who, status, said: messageOf(thrown), retryAfter: retryAfterOf(headers) });
  }
  if (isOfNetwork(thrown)) return begun ? brokenStream(who, thrown) : unreachable(who, thrown);
  // Half an answer, which was to be JSON.
  if (thrown instanceof SyntaxError) return brokenStream(who, thrown);
  return fault(who, thrown);
}

/** Where servers put their words: `error`, its `message`, or `message`; else all of it. */
async function wordsOf(response: Response): Promise<string> {
  const body = await bodyOf(response).catch(() => '');
  try {
    const { error, message } = asRecord(JSON.parse(body) as unknown);
    const candidates = [error, asRecord(error)['message'], message];
    const words = candidates.find((candidate) => typeof candidate === 'string');
    if (words !== undefined) return words;
  } catch {
    // Not JSON: the text itself is the best there is.
  }
  return body;
}

/** Only the beginning of a body that does not end. */
async function bodyOf(response: Response): Promise<string> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  if (reader === undefined) return '';
  const late = AbortSignal.timeout(bodyTimeoutMs);
  const chunks: Uint8Array[] = [];
  try {
    for (let bytes = 0; bytes < maxBodyBytes;) {
      const { value, done } = await unlessAborted(reader.read(), late);
      if (done) break;
      chunks.push(value);
      bytes += value.length;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, maxBodyBytes));
}

function fault(who: string, thrown: unknown): BackendError {
  return new BackendError('backend_failed', `${who} failed`, {
    retryable: false,
    said: messageOf(thrown),
    cause: thrown,
  });
}

function isOurs(code: unknown): code is BackendErrorCode {
  return typeof code === 'string' && Object.hasOwn(retryableByCode, code);
}

/** Node's own codes, and undici's. */
function isOfNetwork(error: Error, depth = 0): boolean {
  const { code, cause }: Foreign = error;
  if (typeof code === 'string' && /^(?:E[A-Z]+|UND_ERR_\w+)$/.test(code)) return true;
  return depth < maxCauses && cause instanceof Error && isOfNetwork(cause, depth + 1);
}

function retryAfterOf(headers: unknown): string | undefined {
  if (headers instanceof Headers) return headers.get('retry-after') ?? undefined;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const { 'retry-after': value } = headers as Record<string, unknown>;
  return typeof value === 'string' ? value : undefined;
}
