/**
 * What went wrong, in LiveKit's classes: they decide whether a turn is tried again.
 * Knows the wire's error codes and close codes, and nothing of who asked.
 */
import { APIConnectionError, APIError, APIStatusError, APITimeoutError } from '@livekit/agents';
import { ConnectionError, type ReplyEnd } from '@ws-llm/client';
import { CloseCode } from '@ws-llm/protocol';

type Failed = Extract<ReplyEnd, { type: 'failed' }>;
type Lost = Extract<ReplyEnd, { type: 'lost' }>;

/**
 * @param begun whether the reply had already given something: then a second attempt would say it twice, and is never allowed
 */
export function errorOfReply(end: Failed | Lost, begun: boolean): APIError {
  const retryable = end.retryable && !begun;
  return end.type === 'lost'
    ? errorOfClose(end.closeCode, end.message, retryable)
    : errorOfFrame(end, retryable);
}

/** For an attempt that found no open channel. */
export function errorOfConnection(error: unknown): APIError {
  if (error instanceof APIError) return error;
  if (!(error instanceof ConnectionError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new APIConnectionError({ message, options: { retryable: false } });
  }
  const { message, status, closeCode } = error;
  switch (error.reason) {
    case 'timeout':
      return new APITimeoutError({ message });
    case 'closed':
      return new APIConnectionError({ message, options: { retryable: false } });
    case 'unreachable':
      return new APIConnectionError({ message });
    case 'refused':
      // An answer that is no WebSocket (200, 301, 404) stays one; 4xx decide for themselves in LiveKit's class.
      if (status !== undefined) return statusError(status, message, status >= 400);
      return errorOfClose(closeCode ?? 0, message, false);
  }
}

/** The request is larger than the server said it takes. */
export function tooLarge(message: string): APIError {
  return statusError(413, message, false);
}

/** The server was silent for too long. */
export function timedOut(message: string, begun: boolean): APIError {
  return new APITimeoutError({ message, options: { retryable: !begun } });
}

/** The server gave a reply up that it was still asked for, as one does that stops. */
export function cancelledByServer(begun: boolean): APIError {
  const message = 'the server ended the reply before it was complete, probably because it stops';
  return new APIConnectionError({ message, options: { retryable: !begun } });
}

function errorOfFrame({ code, message, retryAfterMs }: Failed, retryable: boolean): APIError {
  // A plain server's error has no code: something failed over there.
  switch (code ?? 'internal') {
    case 'bad_request':
    case 'context_too_long':
      return statusError(400, message, retryable);
    case 'unauthorized':
      return statusError(401, message, retryable);
    case 'too_large':
      return statusError(413, message, retryable);
    case 'rate_limited':
      return statusError(429, message, retryable, retryAfterMs);
    case 'overloaded':
      return statusError(503, message, retryable, retryAfterMs);
    case 'backend_timeout':
      return new APITimeoutError({ message, options: { retryable } });
    case 'backend_unavailable':
    case 'backend_failed':
    case 'unknown_mirror':
      return new APIConnectionError({ message, options: { retryable } });
    case 'internal':
      return statusError(500, message, retryable);
  }
}

/** Close codes that tell what was wrong with what we sent; with all others the connection was lost, and may come back. */
function errorOfClose(closeCode: number, message: string, retryable: boolean): APIError {
  switch (closeCode) {
    case CloseCode.tooBig:
      return tooLarge(message);
    case CloseCode.notUtf8:
    case CloseCode.badFrame:
      return statusError(400, message, false);
    case CloseCode.unauthorized:
      return statusError(401, message, false);
    case CloseCode.originRefused:
      return statusError(403, message, false);
    case CloseCode.noSuchPersona:
      return statusError(404, message, false);
    case CloseCode.subprotocolRefused:
      return statusError(406, message, false);
    case CloseCode.idReused:
      return statusError(409, message, false);
    default:
      return new APIConnectionError({ message, options: { retryable } });
  }
}

function statusError(
  statusCode: number,
  message: string,
  retryable: boolean,
  retryAfterMs?: number,
): APIStatusError {
  const body = retryAfterMs === undefined ? null : { retryAfterMs };
  return new APIStatusError({ message, options: { statusCode, retryable, body } });
}
