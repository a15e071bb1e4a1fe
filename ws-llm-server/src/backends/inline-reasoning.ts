/**
 * Tells reasoning that a model writes into its text, `<think>...</think>` at the beginning of a reply, from what it says. One per
 * reply. Works on pieces however the text was cut, and holds back no more than what may still become a tag.
 */
import type { BackendEvent } from '../backend.ts';

type Words = Extract<BackendEvent, { type: 'text' | 'reasoning' }>;

const tags = ['think', 'thinking', 'reasoning'].map((name) => ({
  opening: `<${name}>`,
  closing: `</${name}>`,
}));

/** No model writes more white space before a tag; waiting for more would be quadratic. */
const maxBlankChars = 1_024;

export class InlineReasoning {
  /** Only a reply that begins with a tag reasons: one that talks about the tag says what it says. */
  #state: { at: 'beginning' } | { at: 'reasoning'; closing: string } | { at: 'text' } = { at: 'beginning' };
  #held = '';
  /** White space around a tag belongs to neither side of it. */
  #trimming = false;
  readonly #onWords: (words: Words) => void;

  /** `onWords` hears no empty text. */
  constructor(onWords: (words: Words) => void) {
    this.#onWords = onWords;
  }

  read(text: string): void {
    this.#held += text;
    if (this.#state.at === 'beginning') this.#begin();
    if (this.#state.at === 'reasoning') this.#reason(this.#state.closing);
    if (this.#state.at === 'text') this.#words('text', this.#take(this.#held.length));
  }

  /** What was held back, as what it turns out to be: nothing comes after it, or something other than text. */
  flush(): void {
    if (this.#state.at === 'beginning' && this.#held !== '') this.#state = { at: 'text' };
    this.#words(this.#state.at === 'reasoning' ? 'reasoning' : 'text', this.#take(this.#held.length));
  }

  #begin(): void {
    const start = this.#held.trimStart();
    const tag = tags.find(({ opening }) => start.startsWith(opening));
    if (tag !== undefined) {
      this.#held = start.slice(tag.opening.length);
      this.#state = { at: 'reasoning', closing: tag.closing };
      this.#trimming = true;
    } else if (
      this.#held.length - start.length > maxBlankChars ||
      !tags.some(({ opening }) => opening.startsWith(start))
    ) {
      this.#state = { at: 'text' };
    }
  }

  #reason(closing: string): void {
    const end = this.#held.indexOf(closing);
    if (end < 0) {
      this.#words('reasoning', this.#take(this.#held.length - unfinishedTag(this.#held, closing)));
      return;
    }
    this.#words('reasoning', this.#take(end));
    this.#held = this.#held.slice(closing.length);
    this.#state = { at: 'text' };
    this.#trimming = true;
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }

  #words(type: Words['type'], taken: string): void {
    const text = this.#trimming ? taken.trimStart() : taken;
    if (text === '') return;
    this.#trimming = false;
    this.#onWords({ type, text });
  }
}

/** How much of the end of `text` may be the beginning of `tag`. */
function unfinishedTag(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
