/**
 * What of a reply may be read aloud: its words without markdown, HTML, addresses, pictures and blocks of code. One per reply. Pure.
 * Owns which reading is asked what; what each mark means, and the pauses that take its place, are known by the others here.
 */
import type { Aside, Reading } from './aside.ts';
import { isMark } from './characters.ts';
import { Code } from './code.ts';
import { Cursor, undecided } from './cursor.ts';
import { readPicture } from './emoji.ts';
import { Emphasis } from './emphasis.ts';
import { readEntity, readTag } from './html.ts';
import { LineMarks } from './line-marks.ts';
import { Links } from './links.ts';
import { SpokenOutput } from './spoken-output.ts';
import { readAddress, WebAddress } from './web-address.ts';

/** What, in the middle of a line, makes a chunk more than words; what passes here need not be looked at any further. */
const special = new RegExp(
  [
    String.raw`[*_\x60~[\]<&\\$#|!:\t\n\r]`,
    String.raw`[\u200d\ufe0e\ufe0f\u20e3\u203c\u2049\u2139\u2190-\u21ff\u231a-\u23ff\u24c2\u2500-\u27bf\u2934-\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\ud800-\udfff]`,
    String.raw`  |www\.|\b(?:h|ht|htt|https?|w{1,3})$`,
  ].join('|'),
  'i',
);
const letters = /[\p{L}\p{N}\p{M}]+/uy;

export class SpeechText {
  readonly #cursor = new Cursor();
  readonly #output = new SpokenOutput();
  readonly #line = new LineMarks();
  readonly #emphasis = new Emphasis();
  readonly #links = new Links();
  readonly #code = new Code();
  #aside: Aside | undefined;
  #blankLine = true;
  /** Whether words can pass as they are: nothing waits, and nothing is open that changes what they mean. */
  #passes = false;

  /**
   * What can be said once `chunk` has come; may be empty. What is held back began in `chunk`: all that came before it has been given, or is
   * not spoken. White space and pauses come with the word after them.
   */
  push(chunk: string): string {
    if (this.#passes && !special.test(chunk)) {
      this.#cursor.pass(chunk);
      return this.#output.pass(chunk);
    }
    this.#cursor.feed(chunk);
    return this.#read();
  }

  /** What was held back: nothing comes after it, or something other than text, after which the reply may go on. */
  end(): string {
    this.#cursor.end();
    return this.#read();
  }

  #read(): string {
    const cursor = this.#cursor;
    while (!cursor.atEnd) {
      const aside = this.#aside;
      const reading = aside === undefined ? this.#readText() : aside.read(cursor, this.#output);
      if (reading.length === undecided && reading.aside === aside) break;
      this.#aside = reading.aside;
      cursor.advance(reading.length);
    }
    this.#passes = cursor.atEnd && this.#aside === undefined && !this.#line.isOpen && !this.#code.isRunning;
    return this.#output.take();
  }

  #readText(): Reading {
    const cursor = this.#cursor;
    const { char } = cursor;
    if (char === '`' || char === '~') {
      if (char === '~' && this.#code.isInline) return this.#say(char);
      const { startsLine } = this.#line;
      const length = this.#code.readRun(cursor, this.#output, startsLine);
      if (length !== undecided && !this.#code.isRunning) this.#line.endMarks();
      return { length };
    }
    if (this.#code.isRunning) {
      const aside = this.#code.endRun(this.#output);
      if (aside !== undefined) return { length: 0, aside };
    }
    this.#line.countNumber(cursor, this.#output);
    if (char === '\n') return this.#endLine();
    if (char === ' ' || char === '\t' || char === '\r') {
      this.#output.space();
      return { length: 1 };
    }
    this.#blankLine = false;
    if (this.#line.startsLine) {
      const length = this.#line.read(cursor, this.#output);
      if (length !== undefined) return { length };
    }
    return this.#readMark();
  }

  #endLine(): Reading {
    if (this.#blankLine) {
      this.#emphasis.reset();
      this.#links.reset();
    }
    this.#blankLine = true;
    this.#line.endLine();
    this.#code.endLine();
    this.#output.newline();
    return { length: 1 };
  }
}
