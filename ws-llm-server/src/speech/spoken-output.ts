/**
 * Owns the white space and the pauses between what is spoken: never two spaces, no words glued, none at the beginning or the end.
 * Knows no marks, only that something was left out, that a line ended, or that a line was an item by itself.
 */
import { isClosing, isUnspaced, isWord } from './characters.ts';

/** How much of what was spoken tells whether a sentence has ended: its mark and the brackets and quotes that close after it. */
const endingChars = 6;
const sentenceEnd = /[.!?…:;,。！？：；，、．؟؛،।॥\p{Pd}/][\p{Pe}\p{Pf}"'」』]*$/u;

export class SpokenOutput {
  #words = '';
  #ending = '';
  /** What stands between the last word and the next; nothing is said of it before the next word comes. */
  #between: { space?: true; gap?: true; newlines: number; cell?: true } | undefined;
  /** Whether the line that is being written, and one before it since the last word, is a heading, an item or a row. */
  #lineIsItem = false;
  #itemEnded = false;
  #startsLine = true;
  #isRow = false;

  /** Whether nothing has been said yet on this line, or in this cell of a row. */
  get startsLine(): boolean {
    return this.#startsLine;
  }

  /** Words, none of them space. */
  say(words: string): void {
    this.#words += (this.#between === undefined ? '' : this.#separator(words)) + words;
    this.#remember(words);
    this.#startsLine = false;
  }

  /** Words and single spaces, given back at once instead of being taken. Not at the beginning of a line. */
  pass(words: string): string {
    if (this.#between === undefined && !words.endsWith(' ')) {
      this.#remember(words);
      return words;
    }
    const inner = words.trim();
    if (words.startsWith(' ')) this.space();
    if (inner !== '') this.say(inner);
    if (words.endsWith(' ')) this.space();
    return this.take();
  }

  space(): void {
    this.#pause().space = true;
  }

  /** Something stood here that is not spoken; what it parted stays parted. */
  gap(): void {
    this.#pause().gap = true;
  }

  newline(): void {
    this.#pause().newlines += 1;
    this.#itemEnded ||= this.#lineIsItem;
    this.#lineIsItem = false;
    this.#isRow = false;
    this.#startsLine = true;
  }

  /** What follows begins anew. */
  paragraph(): void {
    this.newline();
    this.newline();
  }

  /** The line stands by itself, and its end is the end of a sentence, as is the end of what came before it. */
  item(): void {
    this.#lineIsItem = true;
  }

  /** The line is a row of a table. */
  row(): void {
    this.#isRow = true;
    this.item();
  }

  get isRow(): boolean {
    return this.#isRow;
  }

  /** The next cell of a row, or what else is parted by a bar. */
  cell(): void {
    this.#pause().cell = true;
    this.#startsLine = true;
  }

  /** What has been said since the last call. */
  take(): string {
    const words = this.#words;
    this.#words = '';
    return words;
  }

  #pause(): { space?: true; gap?: true; newlines: number; cell?: true } {
    return (this.#between ??= { newlines: 0 });
  }

  #remember(words: string): void {
    this.#ending = words.length < endingChars ? this.#ending.slice(-endingChars) + words : words;
  }

  #separator(words: string): string {
    const { newlines = 0, cell, space, gap } = this.#between ?? {};
    const itemEnded = this.#itemEnded;
    this.#between = undefined;
    this.#itemEnded = false;
    if (this.#ending === '') return '';
    const last = this.#ending.at(-1) ?? '';
    const first = words[0] ?? '';
    if (newlines > 0) {
      // Synthesisers read a newline as a space: without a full stop a list would be one breathless sentence.
      const standsAlone = newlines > 1 || itemEnded || this.#lineIsItem;
      return standsAlone && !sentenceEnd.test(this.#ending) ? `${isUnspaced(last) ? '。' : '.'}\n` : '\n';
    }
    if (cell === true) {
      if (sentenceEnd.test(this.#ending)) return ' ';
      return isUnspaced(last) ? '，' : ', ';
    }
    if (space === true) return gap === true && isClosing(first) && first !== '"' ? '' : ' ';
    return isWord(last) && isWord(first) && !isUnspaced(last) && !isUnspaced(first) ? ' ' : '';
  }
}
