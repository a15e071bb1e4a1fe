/**
 * Replaces secrets in text on its way to a client or the log. Never used before a decision is made
 * on the text, because a short key may be part of a word that matters. Imports nothing.
 */

/** A shorter secret is replaced only as a whole word: `x` must not cut `max_tokens`. */
const minChars = 8;
const mask = '…';

/** `text` with every secret, plain or URL-encoded, replaced by `…`. Linear. */
export function maskSecrets(text: string, secrets: readonly string[] = []): string {
  const forms = new Set(secrets.flatMap((secret) => [secret, encoded(secret), decoded(secret)]));
  let masked = text;
  for (const form of [...forms].toSorted((one, other) => other.length - one.length)) {
    if (form === '') continue;
    masked = form.length < minChars ? maskWord(masked, form) : maskAll(masked, form);
  }
  return masked;
}

/** Also a part of a secret at the very end: the text may have been cut there. */
function maskAll(text: string, secret: string): string {
  const masked = text.replaceAll(secret, mask);
  for (let length = Math.min(secret.length - 1, masked.length); length >= 4; length -= 1) {
    if (masked.endsWith(secret.slice(0, length))) return masked.slice(0, -length) + mask;
  }
  return masked;
}

function maskWord(text: string, secret: string): string {
  const escaped = secret.replaceAll(/[$()*+.?[\\\]^{|}/-]/g, String.raw`\$&`);
  return text.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'gu'), mask);
}

function encoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    // A lone surrogate cannot be URL-encoded.
    return secret;
  }
}

function decoded(secret: string): string {
  try {
    return decodeURIComponent(secret);
  } catch {
    return secret;
  }
}
