/**
 * What of a reply may be read aloud: its words without markdown, HTML, addresses, pictures and blocks of code. One per reply. Pure.
 * Owns which reading is asked what; what each mark means, and the pauses that take its place, are known by the others here.
 */
import type { Aside, Reading } from './aside.ts';
import { isMark, isPicturing, isSpace, isWord, letters } from './characters.ts';
import { Code } from './code.ts';
import { Cursor, undecided } from './cursor.ts';
import { pictures, readPicture } from './emoji.ts';
import { Emphasis } from './emphasis.ts';
import { readEntity, readTag } from './html.ts';
import { LineMarks } from './line-marks.ts';
import { Links } from './links.ts';
import { SpokenOutput } from './spoken-output.ts';
import { readAddress } from './web-address.ts';

/** What, in the middle of a line, makes a chunk more than words; what passes here need not be looked at any further. */
const special = new RegExp(
  [
    String.raw`[*_\x60~[\]<&\\$#|!:\t\n\r]`,
    pictures.source,
    String.raw`  |www\.|\b(?:h|ht|htt|https?|w{1,3})$`,
  ].join('|'),
  'i',
);

/**
 * Takes a reply in chunks cut anywhere, and gives its words as the model wrote them. Headings, items and rows of tables, which the eye tells
 * apart, end with a full stop where they have no mark of their own; cells are parted by commas; a paragraph is a newline.
 *
 * The result does not depend on where the reply was cut as long as each mark lies within two neighbouring chunks. One that is spread over more
 * cannot be waited for, and is taken for what it looks like so far: stars, headings, lists, tables, links and code come out the same
 * even character by character; an address then keeps its scheme, a number in brackets is said, an entity stays.
 */
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
      if (reading.length === undecided) break;
      this.#aside = reading.aside;
      cursor.advance(reading.length);
    }
    this.#passes =
      cursor.atEnd &&
      this.#aside === undefined &&
      !this.#output.startsLine &&
      !this.#line.isNumber &&
      !this.#code.isRunning;
    return this.#output.take();
  }

  #readText(): Reading {
    const cursor = this.#cursor;
    const { char } = cursor;
    if (this.#code.endsRun(char)) {
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
    if (char === '`') return { length: this.#code.readRun(cursor, this.#output) };
    if (pictures.test(char)) {
      // Many a list has pictures for bullets.
      if (this.#output.startsLine) this.#output.item();
      return { length: readPicture(cursor, this.#output) };
    }
    if (this.#code.isInline) return this.#say();
    const mark = this.#output.startsLine ? this.#line.read(cursor, this.#output) : undefined;
    if (mark === undefined) return this.#readMark();
    // Nothing that is open goes on from one item to the next.
    if (mark !== undecided) this.#closeMarks();
    return { length: mark };
  }

  #endLine(): Reading {
    if (this.#blankLine) this.#closeMarks();
    this.#blankLine = true;
    this.#line.endLine();
    this.#code.endLine();
    this.#output.newline();
    return { length: 1 };
  }

  #closeMarks(): void {
    this.#emphasis.reset();
    this.#links.reset();
  }

  #readMark(): Reading {
    const cursor = this.#cursor;
    const output = this.#output;
    switch (cursor.char) {
      case '*':
      case '_':
        return { length: this.#emphasis.read(cursor, output) };
      case '~':
        return { length: this.#code.readRun(cursor, output) };
      case '[':
        return this.#links.readOpening(cursor, output, this.#line.isItem);
      case 'x':
      case 'X':
        return this.#links.readTick(cursor, output, this.#line.isItem) ?? this.#say();
      case ']':
        return this.#links.readClosing(cursor, output);
      case '!':
        return { length: this.#links.readExclamation(cursor, output) };
      case '<':
        return readTag(cursor, output);
      case '&':
        return { length: readEntity(cursor, output) };
      case '|':
        return this.#readBar();
      case '\\':
        return this.#readBackslash();
      case '#':
      case '$':
        return this.#readSign();
      case 'h':
      case 'H':
      case 'w':
      case 'W':
      case ':':
        return readAddress(cursor, output) ?? this.#say();
      default:
        return this.#say();
    }
  }

  /** A whole word, or a single character that is no letter. */
  #say(): Reading {
    const words = this.#cursor.match(letters)?.[0] ?? this.#cursor.char;
    this.#output.say(words);
    return { length: words.length };
  }

  /** A bar parts the cells of a row, and also what a line has beside each other. `P(A|B)` is said. */
  #readBar(): Reading {
    const { previous, next, final } = this.#cursor;
    if (!this.#output.isRow) {
      if (isSpace(previous) && next === '' && !final) return { length: undecided };
      if (!isSpace(previous) || !isSpace(next)) return this.#say();
    }
    this.#output.cell();
    return { length: 1 };
  }

  /** Takes the meaning from what follows. Brackets with a backslash are formulas, and silent as others are. */
  #readBackslash(): Reading {
    const { next, final } = this.#cursor;
    if (next === '' && !final) return { length: undecided };
    if (next === '\n') return { length: 1 };
    if (!isMark(next)) return this.#say();
    if ('()[]'.includes(next)) this.#output.gap();
    else this.#output.say(next);
    return { length: 2 };
  }

  /** `#` and `$` are said where they stand once: `#1`, `C#`, `$5`. */
  #readSign(): Reading {
    const { char, next, previous, final } = this.#cursor;
    if (char === '#' && isWord(previous)) return this.#say();
    if (next === '' && previous !== char && !final) return { length: undecided };
    const isSaid = next !== char && previous !== char && !isPicturing(next);
    return isSaid ? this.#say() : { length: 1 };
  }
}
