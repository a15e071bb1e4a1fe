/**
 * What stands at the beginning of a line: headings, items, quotations, rules, rows of a table. Numbers of a list are said as they
 * stand: they are the order of its steps, and `3. May` is a date. Knows nothing of what follows on the line.
 */
import { isDigit, isSpace, isWord } from './characters.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

const bullets = /[•‣⁃∙●○◦■□▪▫]/;

export class LineMarks {
  /** Whether nothing was said yet on this line, or in this cell of a row. */
  startsLine = true;
  /** Whether a bullet, and nothing more, stands before. */
  startsItem = false;
  /** Whether the line is a row of a table. */
  isRow = false;
  /** How much of the number of an item has been read. */
  #number: 'none' | 'digits' | 'point' = 'none';

  /** Whether the beginning of this line can still turn out to be something. */
  get isOpen(): boolean {
    return this.startsLine || this.isRow || this.#number !== 'none';
  }

  endLine(): void {
    this.startsLine = true;
    this.startsItem = false;
    this.isRow = false;
    this.#number = 'none';
  }

  /** Something that is said follows. */
  endMarks(): void {
    this.startsLine = false;
    this.startsItem = false;
  }

  /** The next cell of a row. */
  nextCell(output: SpokenOutput): void {
    this.startsLine = true;
    output.cell();
  }

  /** Keeps account of `12.` and `12)`, which are said by others. */
  countNumber({ char }: Cursor, output: SpokenOutput): void {
    if (this.startsLine && isDigit(char)) this.#number = 'digits';
    else if (this.#number === 'digits' && (char === '.' || char === ')')) this.#number = 'point';
    else if (this.#number !== 'digits' || !isDigit(char)) {
      if (this.#number === 'point' && isSpace(char)) output.item();
      this.#number = 'none';
    }
  }

  /** A mark at the beginning of a line; undefined: there is none. */
  read(cursor: Cursor, output: SpokenOutput): number | undefined {
    const { char, next } = cursor;
    if (bullets.test(char)) return this.#bullet(output);
    if (!'#-+*–—·>=|:xX'.includes(char)) return undefined;
    if (char === '|') return this.#row(output);
    const isRepeated = cursor.previous === char;
    if (next === '' && !isRepeated && !cursor.final) return undecided;
    switch (char) {
      case '#':
        return this.#heading(cursor, isRepeated, output);
      case '-':
        return this.#dash(cursor, isRepeated, output);
      case '+':
      case '*':
      case '–':
      case '—':
      case '·':
        return next !== '' && isSpace(next) ? this.#bullet(output) : undefined;
      case '>':
        return this.startsItem || this.isRow || isDigit(next) || next === '=' ? undefined : 1;
      case '=':
        return next === '=' || isRepeated ? this.#rule(output) : undefined;
      case ':':
        return this.isRow && (next === '-' || cursor.previous === '-') ? 1 : undefined;
      default:
        return this.startsItem && cursor.previous === '[' && next === ']' ? 1 : undefined;
    }
  }

  #bullet(output: SpokenOutput): number {
    output.item();
    this.startsItem = true;
    return 1;
  }

  #row(output: SpokenOutput): number {
    if (this.isRow) this.nextCell(output);
    this.isRow = true;
    output.item();
    return 1;
  }

  #heading({ next }: Cursor, isRepeated: boolean, output: SpokenOutput): number | undefined {
    if (next === '\ufe0f' || next === '\u20e3') return 1;
    if (!isRepeated && next !== '#' && !isSpace(next)) return undefined;
    output.item();
    return 1;
  }

  #dash({ next }: Cursor, isRepeated: boolean, output: SpokenOutput): number | undefined {
    if (isRepeated || next === '-') return this.#rule(output);
    if (this.isRow && (next === '|' || next === ':')) return 1;
    return isSpace(next) || (isWord(next) && !isDigit(next)) || /[*_[`"„“]/.test(next)
      ? this.#bullet(output)
      : undefined;
  }

  #rule(output: SpokenOutput): number {
    if (!this.isRow) output.paragraph();
    return 1;
  }
}
