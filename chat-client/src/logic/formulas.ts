/**
 * Keeps TeX formulas in markdown as they were written: `\(x_1\)`, `\[x_1\]`, `$x_1$` and `$$x_1$$`.
 * Markdown alone would remove their backslashes and turn their underscores and asterisks into
 * emphasis. They are not typeset.
 */
import type { MarkedExtension, Tokens } from 'marked';
import { escapeHtml } from './escape-html.ts';

/**
 * Longer ones are cut short as formulas, so that a text of opening marks alone is read in linear
 * time.
 */
const longest = 2_000;
const delimited = new RegExp(
  String.raw`^(?:\\\([^]{1,${longest}}?\\\)|\\\[[^]{1,${longest}}?\\\]|\$\$[^]{1,${longest}}?\$\$)`,
);
/** Not prices: `$5 and $6` has a space before its second sign. */
const dollars = /^\$(?![\s$])([^$\n]{1,300})(?<!\s)\$(?!\d)/;

export const formulas: MarkedExtension = {
  extensions: [
    {
      name: 'formula',
      level: 'inline',
      start: (src) => firstOf(src, /\\[([]|\$/),
      tokenizer(src) {
        const raw = formulaAt(src);
        return raw === undefined ? undefined : { type: 'formula', raw, text: raw };
      },
      renderer: (token) => `<span class="formula">${escapeHtml(token.raw)}</span>`,
    },
    {
      name: 'formulaBlock',
      level: 'block',
      start: (src) => {
        const line = firstOf(src, /\n {0,3}(?:\\\[|\$\$)/);
        return line === undefined ? undefined : line + 1;
      },
      tokenizer(src) {
        const raw = formulaBlockAt(src);
        return raw === undefined ? undefined : { type: 'formulaBlock', raw, text: raw };
      },
      renderer: (token) => `<p class="formula">${escapeHtml(token.raw.trim())}</p>`,
    },
  ],
  tokenizer: {
    /** A mark of a formula that is not complete keeps its backslash too. */
    escape(src): Tokens.Escape | false {
      const [raw] = /^\\[[\]()]/.exec(src) ?? [];
      return raw === undefined ? false : { type: 'escape', raw, text: raw };
    },
  },
};

function firstOf(src: string, pattern: RegExp): number | undefined {
  const index = src.search(pattern);
  return index === -1 ? undefined : index;
}

function formulaAt(src: string): string | undefined {
  const [raw] = delimited.exec(src) ?? [];
  if (raw !== undefined) return raw;
  const [inDollars, inner = ''] = dollars.exec(src) ?? [];
  return /[\\^_{}]/.test(inner) ? inDollars : undefined;
}

/**
 * A formula in lines of its own, which may begin with marks of lists. One that is still open goes
 * to the end of its paragraph.
 */
function formulaBlockAt(src: string): string | undefined {
  const [opening, mark] = /^ {0,3}(\\\[|\$\$)/.exec(src) ?? [];
  if (opening === undefined) return undefined;
  const closing = mark === '$$' ? '$$' : '\\]';
  const blank = src.indexOf('\n\n');
  const paragraph = blank === -1 ? src : src.slice(0, blank);
  const end = paragraph.indexOf(closing, opening.length);
  if (end === -1) return mark === '$$' ? undefined : paragraph;
  const rest = /^[ \t]*[.,;:]?[ \t]*(?:\n|$)/.exec(paragraph.slice(end + closing.length));
  return rest === null ? undefined : paragraph.slice(0, end + closing.length + rest[0].length);
}
