/**
 * Tells HTML from what only looks like it: `<br>` and `</b>` are marks, `<5 mg` and `x<y` are said. Only elements that models write
 * into their replies are known, in small letters; comments go too, and the few entities that stand for a character become it.
 */
import type { Aside, Reading } from './aside.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';
import { WebAddress } from './web-address.ts';

const inline = 'b i u s p q em strong sub sup small mark del ins kbd code span a font center abbr img';
const breaking =
  'br p div li ul ol dl dt dd tr table thead tbody h1 h2 h3 h4 h5 h6 hr pre blockquote details summary';
const cells = 'td th';
const names = new Set(`${inline} ${breaking} ${cells} http https`.split(' '));
const breakingNames = new Set(breaking.split(' '));
const beginnings = new Set(
  [...names].flatMap((name) => Array.from(name, (_, end) => name.slice(0, end + 1))),
);

const attribute = String.raw`\s+[\w:-]+\s*=\s*(?:"[^"\n]*"|'[^'\n]*'|[^\s"'<>=]+)`;
const wholeTag = new RegExp(String.raw`<\/?([a-z][a-z0-9]*)(?:${attribute})*\s*\/?>`, 'y');
const nameSoFar = /^<\/?([a-z][a-z0-9]*)?$/;
const value = String.raw`"[^"\n]*|'[^'\n]*|[^\s"'<>=]+|"[^"\n]*"|'[^'\n]*'`;
const attributesSoFar = new RegExp(
  String.raw`^<\/?([a-z][a-z0-9]*)(?:${attribute})*(?:\s+(?:[\w:-]+\s*(?:=\s*(?:${value})?)?)?|\s*\/)$`,
);

const entities = new Map([
  ['&nbsp;', ' '],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&#39;', "'"],
]);

/** What stands at a `<`. */
export function readTag(cursor: Cursor, output: SpokenOutput): Reading {
  const { rest, next } = cursor;
  if (next === '!') return { length: 2, aside: comment };
  const [tag, name = ''] = cursor.match(wholeTag) ?? [];
  if (tag !== undefined && names.has(name)) {
    endTag(name, output);
    return { length: tag.length };
  }
  const begun = (nameSoFar.exec(rest) ?? attributesSoFar.exec(rest))?.[1];
  const mayBeName = nameSoFar.test(rest) && (begun === undefined || beginnings.has(begun));
  const mayHaveAttributes = attributesSoFar.test(rest) && begun !== undefined && takesAttributes(begun);
  if ((mayBeName || mayHaveAttributes) && !cursor.final) return { length: undecided };
  const isAddress = /^<https?:/.test(rest);
  if (isAddress) return { length: rest.indexOf(':') + 1, aside: new WebAddress() };
  if (rest === '<' || !(mayBeName || mayHaveAttributes)) {
    output.say('<');
    return { length: 1 };
  }
  return { length: next === '/' ? 2 : 1, aside: new Tag() };
}

/** What stands at an `&`. */
export function readEntity(cursor: Cursor, output: SpokenOutput): number {
  const { rest } = cursor;
  for (const [entity, meaning] of entities) {
    if (rest.startsWith(entity)) {
      if (meaning === ' ') output.space();
      else output.say(meaning);
      return entity.length;
    }
    if (entity.startsWith(rest) && !cursor.final) return undecided;
  }
  output.say('&');
  return 1;
}

/** A tag that comes in so many pieces that it could not be waited for. */
class Tag implements Aside {
  #name = '';
  #inName = true;
  #attribute: BegunAttribute | undefined;

  read({ char }: Cursor, output: SpokenOutput): Reading {
    if (char === '>') {
      endTag(this.#name, output);
      return { length: 1 };
    }
    if (char === '\n' || char === '<') return { length: 0 };
    return this.#inName ? this.#readName(char) : this.#readAttribute(char);
  }

  #readName(char: string): Reading {
    const name = this.#name + char;
    if (beginnings.has(name)) {
      this.#name = name;
      return { length: 1, aside: this };
    }
    if (char === ':' && this.#name.startsWith('http')) return { length: 1, aside: new WebAddress() };
    const isTag = char === '/' || (/\s/.test(char) && takesAttributes(this.#name));
    if (!isTag) return { length: 0 };
    this.#inName = false;
    return { length: 1, aside: this };
  }

  /** Words that have no value are words of the text, and this is none. */
  #readAttribute(char: string): Reading {
    const begun = this.#attribute;
    if (/\s/.test(char) && !(begun !== undefined && isInQuotes(begun))) {
      if (begun !== undefined && !begun.hasValue) return { length: 0 };
      this.#attribute = undefined;
      return { length: 1, aside: this };
    }
    this.#attribute = withChar(begun, char);
    return { length: 1, aside: this };
  }
}

/** The state that decides where an attribute ends: its text may be long. */
interface BegunAttribute {
  hasValue: boolean;
  last: string;
  /** The quotation mark that opened its value; empty: none. */
  quote: string;
  /** How often that mark has been read. */
  quotes: number;
}

function isInQuotes({ quotes }: BegunAttribute): boolean {
  return quotes === 1;
}

function withChar(begun: BegunAttribute | undefined, char: string): BegunAttribute {
  const { hasValue, last, quote, quotes } = begun ?? { hasValue: false, last: '', quote: '', quotes: 0 };
  const opens = quote === '' && last === '=' && (char === '"' || char === "'");
  return {
    hasValue: hasValue || char === '=',
    last: char,
    quote: opens ? char : quote,
    quotes: opens ? 1 : char === quote ? quotes + 1 : quotes,
  };
}

/** A comment, or what else begins with an exclamation mark. */
const comment: Aside = {
  read: ({ char }) => ({
    length: char === '\n' ? 0 : 1,
    ...(char !== '>' && char !== '\n' && { aside: comment }),
  }),
};

/** Single letters are rather variables: `if a <b then`. */
function takesAttributes(name: string): boolean {
  return names.has(name) && (name.length > 1 || name === 'a' || name === 'p');
}

function endTag(name: string, output: SpokenOutput): void {
  if (name === 'td' || name === 'th' || (name === 'br' && output.isRow)) output.cell();
  else if (name === 'br') output.newline();
  else if (breakingNames.has(name)) output.paragraph();
}
