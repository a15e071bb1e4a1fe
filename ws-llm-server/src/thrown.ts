/**
 * Text of anything that was thrown. Code that is not ours (a persona's tools, a backend module, a model
 * SDK) may throw values without a message, with a message that is not a string, or with getters that
 * throw themselves; reading one must never raise a second error. Imports nothing, so every layer may use
 * it.
 */

const maxChars = 2_000;
const unreadable = 'an error that cannot be written as text';

/** The message of `thrown`, or `thrown` itself as text; at most 2,000 UTF-16 units. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    const text: unknown = thrown instanceof Error ? thrown.message || thrown.name : thrown;
    const words = typeof text === 'string' ? text : String(text);
    return words.slice(0, maxChars);
  } catch {
    return unreadable;
  }
}

/** What a log line says of an error. */
export interface ThrownDetails {
  message: string;
  /** Absent where `thrown` is not an error or its stack cannot be read. */
  stack?: string;
}

/**
 * Message and stack of `thrown`, copied: a log serializer would read its other properties, which may be
 * getters that throw or hold what people said. Never throws.
 */
export function detailsOf(thrown: unknown): ThrownDetails {
  const message = messageOf(thrown);
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' ? { message, stack: stack.slice(0, 4 * maxChars) } : { message };
  } catch {
    return { message };
  }
}
