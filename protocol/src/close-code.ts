/**
 * Close codes: what ends a connection, and whether a client should come back.
 * Names and reasons only; nobody is closed here.
 */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  lost: 1006,
  notUtf8: 1007,
  tooBig: 1009,
  fault: 1011,
  restart: 1012,
  overloaded: 1013,
  badFrame: 4400,
  unauthorized: 4401,
  originRefused: 4403,
  noSuchPersona: 4404,
  subprotocolRefused: 4406,
  idReused: 4409,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** Whether a client that was closed with `code` should connect again, after a pause. */
export function isRetryableClose(code: number): boolean {
  switch (code) {
    case CloseCode.normal:
    case CloseCode.notUtf8:
    case CloseCode.tooBig:
      return false;
    default:
      return code < 4400 || code > 4499;
  }
}

const maxReasonBytes = 123;

/** `text`, cut to what a close frame can hold (123 UTF-8 bytes, RFC 6455 5.5), never inside a character. */
export function closeReason(text: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += utf8Bytes(character);
    if (bytes > maxReasonBytes) return kept;
    kept += character;
  }
  return kept;
}

function utf8Bytes(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
