/**
 * Splits text or reasoning into events of a bounded size. If a server sends a whole reply in one
 * piece, the limit on a reply's length could not end it near the limit otherwise.
 */
import type { BackendListener } from '../backend.ts';

/** In UTF-16 units. */
const maxPieceChars = 4_096;

/** Hands on `text` until `signal` aborts. Empty text is not an event. */
export function handOnWords(
  type: 'text' | 'reasoning',
  text: string,
  { signal, onEvent }: BackendListener,
): void {
  if (text.length <= maxPieceChars) {
    if (text !== '') onEvent({ type, text });
    return;
  }
  for (let from = 0; from < text.length && !signal.aborted;) {
    const end = pieceEnd(text, from);
    onEvent({ type, text: text.slice(from, end) });
    from = end;
  }
}

/** Never inside a surrogate pair. */
function pieceEnd(text: string, from: number): number {
  const end = from + maxPieceChars;
  const last = text.charCodeAt(end - 1);
  const splits = end < text.length && last >= 0xd8_00 && last <= 0xdb_ff;
  return splits ? end - 1 : end;
}
