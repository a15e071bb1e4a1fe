/**
 * What stands at the beginning of a line: headings, items, quotations, rules, rows of a table. Numbers of a list are said as they
 * stand: they are the order of its steps, and `3. May` is a date. Knows nothing of what follows on the line.
 */
import { isDigit, isPicturing, isSpace, isWord } from './characters.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

const bullets = /[•‣⁃∙●○◦■□▪▫]/;

export class LineMarks {
  /** Whether the line has a bullet. */
  #isItem = false;
  /** How much of the number of an item has been read. */
  #number: 'none' | 'digits' | 'point' = 'none';

  get isItem(): boolean {
    return this.#isItem;
  }

  /** Whether what has been said of this line may be the number of an item. */
  get isNumber(): boolean {
    return this.#number !== 'none';
  }

  endLine(): void {
    this.#isItem = false;
    this.#number = 'none';
  }

  /** Keeps account of `12.`, `12)` and keycaps, whose numbers are said by others. */
  countNumber({ char }: Cursor, output: SpokenOutput): void {
    if (output.startsLine && isDigit(char)) this.#number = 'digits';
    else if (this.#number === 'digits' && (char === '.' || char === ')')) this.#number = 'point';
    else if (this.#number !== 'digits' || !(isDigit(char) || char === '\ufe0f')) {
      const isItem =
        this.#number === 'point' ? isSpace(char) : this.#number === 'digits' && isPicturing(char);
      if (isItem) output.item();
      this.#number = 'none';
    }
  }

  /** A mark at the beginning of a line; undefined: there is none. */
  read(cursor: Cursor, output: SpokenOutput): number | undefined {
    const { char, next } = cursor;
    if (bullets.test(char)) return this.#bullet(output);
    if (!'#-+*–—·>=|:'.includes(char)) return undefined;
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
        return this.#isItem || output.isRow || isDigit(next) || next === '=' ? undefined : 1;
      case '=':
        return next === '=' || isRepeated ? this.#rule(output) : undefined;
      default:
        return output.isRow && (next === '-' || cursor.previous === '-') ? 1 : undefined;
    }
  }

  #bullet(output: SpokenOutput): number {
    output.item();
    this.#isItem = true;
    return 1;
  }

  #row(output: SpokenOutput): number {
    if (output.isRow) output.cell();
    output.row();
    return 1;
  }

  #heading({ next }: Cursor, isRepeated: boolean, output: SpokenOutput): number | undefined {
    if (isPicturing(next)) return 1;
    if (!isRepeated && next !== '#' && !isSpace(next)) return undefined;
    output.item();
    return 1;
  }

  #dash({ next }: Cursor, isRepeated: boolean, output: SpokenOutput): number | undefined {
    if (isRepeated || next === '-') return this.#rule(output);
    if (output.isRow && (next === '|' || next === ':')) return 1;
    return isSpace(next) || (isWord(next) && !isDigit(next)) || /[*_[`"„“]/.test(next)
      ? this.#bullet(output)
      : undefined;
  }

  #rule(output: SpokenOutput): number {
    if (!output.isRow) output.paragraph();
    return 1;
  }
}
