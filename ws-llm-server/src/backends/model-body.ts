/**
 * Reads a whole response body within a limit: the beginning of a refusal, or all of a list, which
 * must be complete.
 */
import type { ModelAnswer } from './ask-model.ts';
import { shownTarget } from './model-address.ts';
import { TooLongError } from './too-long.ts';

const maxRefusalBytes = 64 * 1024;
const maxListBytes = 8 * 1024 * 1024;

/**
 * The first 64 KiB of a refusal; the request is closed if there is more. Rejects if it breaks off.
 */
export async function refusalBody(answer: ModelAnswer): Promise<string> {
  const { text } = await answer.text(maxRefusalBytes);
  return text;
}

/** Rejects if it breaks off, and with TooLongError. */
export async function wholeBody(answer: ModelAnswer): Promise<string> {
  const { text, isCut } = await answer.text(maxListBytes);
  if (isCut) throw new TooLongError('an answer', maxListBytes, 'bytes');
  return text;
}

/**
 * Text for the message of a redirect, which is not followed. `from`: the address of the request.
 */
export function movedTo({ status, headers }: ModelAnswer, from: string): string | undefined {
  const { location } = headers;
  if (status < 300 || status >= 400 || location === undefined) return undefined;
  return `: moved to ${shownTarget(location, from)}; set that address`;
}
