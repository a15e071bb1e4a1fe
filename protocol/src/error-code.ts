/**
 * Error codes that cross the wire, and whether the same request may succeed later.
 * Knows nothing of what caused them.
 */

/** All error codes, in the order of PROTOCOL.md. */
export const errorCodes = [
  'bad_request',
  'unauthorized',
  'too_large',
  'context_too_long',
  'unknown_mirror',
  'rate_limited',
  'overloaded',
  'backend_unavailable',
  'backend_timeout',
  'backend_failed',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Whether the same request may succeed later. For `backend_failed` the frame itself says; this is its usual case. */
export function isRetryableError(code: ErrorCode): boolean {
  switch (code) {
    case 'bad_request':
    case 'unauthorized':
    case 'too_large':
    case 'context_too_long':
      return false;
    case 'unknown_mirror':
    case 'rate_limited':
    case 'overloaded':
    case 'backend_unavailable':
    case 'backend_timeout':
    case 'backend_failed':
    case 'internal':
      return true;
  }
}
