/**
 * Says of an address what people say of one, its host: `https://www.nhs.uk/conditions/fever` is `nhs.uk`. An address without
 * scheme or `www.` is a word like any other, and so is one of e-mail.
 */
import type { Aside, Reading } from './aside.ts';
import { isSpace, isWord } from './characters.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

const beginning = /https?:\/\/(?:www\.)?|www\.(?=[a-z0-9])/iy;
const begun = /^(?:h|ht|htt|https?|https?:\/?|w{1,3}|www\.)$/i;
const inHost = /[\p{L}\p{N}.:@%_-]/u;
const inPath = /[^\s<>()[\]{}"“”„«»*`|，。、；：！？（）】」]/;
/** What ends a sentence rather than belongs to an address. */
const afterAddress = /[.,;:!?'’]/;

/** What begins with `h` or `w`, and a colon, which may come after a scheme that was said already; undefined: it is no address. */
export function readAddress(cursor: Cursor, output: SpokenOutput): Reading | undefined {
  if (cursor.char === ':') {
    if (!/\bhttps?$/i.test(cursor.before)) return undefined;
    if (cursor.next === '' && !cursor.final) return { length: undecided };
    if (cursor.next !== '/') return undefined;
    output.space();
    return { length: 1, aside: new WebAddress() };
  }
  if (isWord(cursor.previous)) return undefined;
  const found = cursor.match(beginning);
  if (found !== undefined) return { length: found[0].length, aside: new WebAddress() };
  return begun.test(cursor.rest) && !cursor.final ? { length: undecided } : undefined;
}

/** From what follows the scheme to the end of the path. Closes an angle bracket that an address may stand in. */
export class WebAddress implements Aside {
  #part: 'scheme' | 'host' | 'path' = 'scheme';
  #brackets = 0;

  read(cursor: Cursor, output: SpokenOutput): Reading {
    if (this.#part === 'scheme') return this.#readScheme(cursor);
    return this.#part === 'host' ? this.#readHost(cursor, output) : this.#readPath(cursor, output);
  }

  #readScheme(cursor: Cursor): Reading {
    if (cursor.char === '/') return { length: 1, aside: this };
    const rest = cursor.rest.slice(0, 4).toLowerCase();
    if ('www.'.startsWith(rest) && rest !== 'www.' && !cursor.final) return { length: undecided };
    this.#part = 'host';
    return { length: rest === 'www.' ? 4 : 0, aside: this };
  }

  #readHost(cursor: Cursor, output: SpokenOutput): Reading {
    const { char } = cursor;
    if (char === '/' || char === '?' || char === '#') {
      this.#part = 'path';
      return { length: 0, aside: this };
    }
    if (!inHost.test(char)) return leave(cursor);
    output.say(char);
    return { length: 1, aside: this };
  }

  #readPath(cursor: Cursor, output: SpokenOutput): Reading {
    const { char, next } = cursor;
    output.gap();
    if (afterAddress.test(char)) {
      if (next === '' && !cursor.final) return { length: undecided };
      if (isSpace(next) || !inPath.test(next)) return { length: 0 };
    }
    if (char === '(') this.#brackets += 1;
    else if (char === ')' && this.#brackets > 0) this.#brackets -= 1;
    else if (!inPath.test(char)) return leave(cursor);
    return { length: 1, aside: this };
  }
}

function leave({ char }: Cursor): Reading {
  return { length: char === '>' ? 1 : 0 };
}
