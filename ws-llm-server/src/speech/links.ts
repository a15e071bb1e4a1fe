/**
 * Says the text of a link and of an image, not where it leads, and no reference such as `[1]` or `[^note]`. The text is said as it
 * comes: that it belonged to a link is known only afterwards. Square brackets that are no link are silent too, but `list[i]` is said.
 */
import type { Aside, Reading } from './aside.ts';
import { isSpace, isUnspaced, isWord } from './characters.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

const reference = /\[\d{1,3}(?: ?[,–-] ?\d{1,3})*(?=\])/y;
const referenceSoFar = /^\[[\d,– -]{0,12}$/;
const box = /\[[ xX]\](?=\s)/y;

export class Links {
  /** Brackets that are open; whether each was said. */
  #open: boolean[] = [];

  /** A new paragraph: nothing is open across it. */
  reset(): void {
    this.#open = [];
  }

  /** @param isItem whether the line has a bullet, after which a box to tick may stand */
  readOpening(cursor: Cursor, output: SpokenOutput, isItem: boolean): Reading {
    if (cursor.next === '^') return { length: 2, aside: new Destination(']', output) };
    const found = cursor.match(reference);
    if (found !== undefined) {
      this.#open.push(false);
      output.gap();
      return { length: found[0].length };
    }
    const isBox = isItem && output.startsLine && cursor.match(box) !== undefined;
    if (isBox) return { length: 3 };
    if (referenceSoFar.test(cursor.rest) && !cursor.final) return { length: undecided };
    const isIndex = isWord(cursor.previous) && !isUnspaced(cursor.previous);
    this.#open.push(isIndex);
    if (isIndex) output.say('[');
    return { length: 1 };
  }

  /** What ticks a box whose bracket was read already; undefined: it is a letter. */
  readTick(cursor: Cursor, output: SpokenOutput, isItem: boolean): Reading | undefined {
    if (!isItem || !output.startsLine || cursor.previous !== '[') return undefined;
    if (cursor.next === '' && !cursor.final) return { length: undecided };
    return cursor.next === ']' ? { length: 1 } : undefined;
  }

  readClosing(cursor: Cursor, output: SpokenOutput): Reading {
    const { next } = cursor;
    if (this.#open.length > 0 && next === '' && !cursor.final) return { length: undecided };
    const isSaid = this.#open.pop() ?? true;
    if (next === '(' && !isSaid) return { length: 2, aside: new Destination(')', output) };
    if (next === '[' && !isSaid) return { length: 2, aside: new Destination(']', output) };
    if (isSaid) output.say(']');
    return { length: 1 };
  }

  /** An exclamation mark is the beginning of an image only where no sentence can end. */
  readExclamation(cursor: Cursor, output: SpokenOutput): number {
    const mayBeImage = isSpace(cursor.previous) || /[[(|*_>]/.test(cursor.previous);
    if (mayBeImage && cursor.next === '' && !cursor.final) return undecided;
    if (!mayBeImage || cursor.next !== '[') output.say('!');
    return 1;
  }
}

/** Where a link leads, up to the bracket that closes it. */
class Destination implements Aside {
  readonly #closing: ')' | ']';
  #depth = 1;

  constructor(closing: ')' | ']', output: SpokenOutput) {
    this.#closing = closing;
    output.gap();
  }

  read({ char }: Cursor): Reading {
    // None goes on in the next line: a bracket that is never closed must not swallow the reply.
    if (char === '\n') return { length: 0 };
    if (char === '(' && this.#closing === ')') this.#depth += 1;
    if (char === this.#closing) this.#depth -= 1;
    return { length: 1, aside: this.#depth > 0 ? this : undefined };
  }
}
