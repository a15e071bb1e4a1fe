/**
 * Tells stars and underscores that stress a word from those that are said: `2 * 3`, `x**2`, `snake_case`.
 * Remembers what is open. Goes by what stands before a run, and by what follows only where that need not be waited for.
 */
import { isClosing, isDigit, isPicturing, isSpace, isUnspaced, isWord } from './characters.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

type Verdict = 'opens' | 'closes' | 'spoken' | 'dropped';

export class Emphasis {
  /** How many stars and underscores are open. */
  #open = { '*': 0, _: 0 };
  /** What a run was taken for, in case that more of it comes. */
  #verdict: Verdict = 'dropped';

  /** A new paragraph: nothing is open across it. */
  reset(): void {
    this.#open = { '*': 0, _: 0 };
  }

  read(cursor: Cursor, output: SpokenOutput): number {
    const char = cursor.char === '*' ? '*' : '_';
    const length = cursor.run;
    const next = cursor.peek(length);
    if (next === '' && !cursor.final) return undecided;
    const verdict =
      cursor.previous === char ? this.#verdict : this.#judge(cursor, length, next, output.startsLine);
    this.#verdict = verdict;
    if (verdict === 'opens') this.#open[char] += length;
    if (verdict === 'closes') this.#open[char] = Math.max(0, this.#open[char] - length);
    if (verdict === 'spoken') output.say(char.repeat(length));
    return length;
  }

  #judge(cursor: Cursor, length: number, next: string, startsLine: boolean): Verdict {
    const { char, previous } = cursor;
    // A keycap: the star is part of an emoji.
    if (isPicturing(next)) return 'dropped';
    if (char === '_') return this.#judgeUnderscores(previous, length, next);
    const aloneInSpace = isSpace(previous) && next !== '' && isSpace(next);
    if (aloneInSpace) {
      if (startsLine || (length > 1 && this.#open['*'] > 0)) return 'dropped';
      return 'spoken';
    }
    if (length > 3) return 'dropped';
    return length === 1 ? this.#judgeStar(previous, next) : this.#judgeStars(cursor, next);
  }

  #judgeStar(previous: string, next: string): Verdict {
    const open = this.#open['*'];
    const touchesWord = (isWord(previous) && !isUnspaced(previous)) || previous === ')' || previous === ']';
    const insideWord = touchesWord && isWord(next) && !isUnspaced(next);
    const multiplies = insideWord && (open % 2 === 0 || (isDigit(previous) && isDigit(next)));
    if (multiplies) return 'spoken';
    if (open > 0 && !isSpace(previous)) return 'closes';
    const isQuoted = !isSpace(previous) && !isWord(previous) && isClosing(next);
    if (isQuoted) return 'spoken';
    return touchesWord ? 'spoken' : 'opens';
  }

  #judgeStars(cursor: Cursor, next: string): Verdict {
    const { previous } = cursor;
    if (this.#open['*'] > 0) return isSpace(previous) ? 'opens' : 'closes';
    if (!isWord(previous) && previous !== ')') return 'opens';
    if (isUnspaced(previous)) return 'opens';
    // What is raised to a power is a number, a bracket or a single letter.
    const isTerm = !isWord(previous) || isDigit(previous) || !isWord(cursor.peek(-2));
    const closesNothing = next !== '' && !isWord(next) && next !== '(';
    if (closesNothing) return 'dropped';
    return isTerm ? 'spoken' : 'opens';
  }

  #judgeUnderscores(previous: string, length: number, next: string): Verdict {
    // A blank to be filled in.
    if (length > 2) return 'dropped';
    const open = this.#open['_'] > 0;
    if (isWord(previous)) {
      if (isWord(next)) return 'spoken';
      return open ? 'closes' : 'spoken';
    }
    if (isSpace(previous) && next !== '' && isSpace(next)) return length === 1 ? 'spoken' : 'dropped';
    if (open && !isSpace(previous)) return 'closes';
    return 'opens';
  }
}
