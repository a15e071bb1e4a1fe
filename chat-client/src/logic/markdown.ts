/**
 * Turns a reply's markdown into HTML text: which elements, which links, and nothing that loads by
 * itself. Has no DOM; its caller sanitizes the HTML again.
 */
import { Marked, type RendererObject, type Tokens } from 'marked';
import { closeOpenMarks } from './close-open-marks.ts';
import { escapeHtml } from './escape-html.ts';
import { formulas } from './formulas.ts';
import { parseCost, rawOf, type Segment, splitSegments } from './segments.ts';

const linkProtocols = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/**
 * What costs more is shown as plain text: a parser could take seconds for it. In units of
 * `parseCost`, about 15 ns each.
 */
const highestCost = 4_000_000;
/**
 * Elements that one reply may become; what follows is plain text. A browser lays all of them out
 * anew when a reply ends.
 */
const mostElements = 5_000;
/**
 * The longest pause that one call may make, in milliseconds. What is left over is shown as plain
 * text until the next call.
 */
const budgetMs = 30;
/** Lines of plain text or code in one block. A browser lays all of them out anew when one is added. */
const mostLines = 1_000;

const renderer: RendererObject = {
  /** A model's HTML is text to be read; line breaks in table cells are the one exception. */
  html({ text, block }: Tokens.HTML | Tokens.Tag) {
    if (/^<br\s*\/?>$/i.test(text.trim())) return '<br>';
    return block ? `<p>${escapeHtml(text.trim())}</p>` : escapeHtml(text);
  },
  link({ href, title, tokens }) {
    return anchor(href, this.parser.parseInline(tokens), title);
  },
  /**
   * An image would be fetched from where the model says, which tells that server who reads, and
   * anything else in its address.
   */
  image({ href, text, title }) {
    return anchor(href, escapeHtml(text === '' ? href : text), title);
  },
  /** The page's own headings come first. */
  heading({ tokens, depth }) {
    const level = Math.min(depth + 2, 6);
    return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
  },
  code: ({ text, lang }) => codeBlock(text, /^[\w+#-]+/.exec(lang ?? '')?.[0]),
  table(token) {
    const head = token.header.map((cell) => this.tablecell(cell)).join('');
    const rows = token.rows.map((row) =>
      this.tablerow({ text: row.map((cell) => this.tablecell(cell)).join('') }),
    );
    return `<div class="table" tabindex="0"><table><thead>${this.tablerow({ text: head })}</thead><tbody>${rows.join('')}</tbody></table></div>`;
  },
  checkbox({ checked }) {
    return `<span class="box">${checked ? '☑' : '☐'}</span> `;
  },
};

const marked = new Marked(
  {
    gfm: true,
    breaks: true,
    renderer,
    tokenizer: {
      /** `text\n-` is a list that has begun, far more often than a heading. */
      lheading: () => undefined,
    },
  },
  formulas,
);

/** A segment as HTML. */
interface Parsed {
  blocks: string[];
  elements: number;
}

export interface RenderedMarkdown {
  /** HTML, one text per block. Blocks that no longer change stay the same while others grow. */
  blocks: string[];
  /**
   * False: time was up, and some blocks are plain text. Another call with the same text goes on.
   */
  isWhole: boolean;
}

/** Renders one reply again and again while it grows; parses only what changed. */
export class MarkdownRenderer {
  readonly #now: () => number;
  /** HTML of the segments of the last call, by their markdown. */
  #known = new Map<string, Parsed>();

  /** @param now a clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * With `streaming` what is still open at the end (bold, code, a link) is shown as if it were
   * closed.
   */
  render(text: string, { streaming }: { streaming: boolean }): RenderedMarkdown {
    const startedAt = this.#now();
    const segments = splitSegments(text.replace(/\r\n?/g, '\n'));
    const definitions = linkDefinitions(segments);
    const known = new Map<string, Parsed>();
    const blocks: string[] = [];
    let elements = 0;
    let isWhole = true;
    for (const [index, segment] of segments.entries()) {
      if (elements > mostElements) {
        blocks.push(...plain(segments.slice(index).map(rawOf).join('\n\n')));
        break;
      }
      if (segment.type === 'code') {
        blocks.push(...inParts(segment.text).map((part) => codeBlock(part, segment.language)));
        elements += 2;
        continue;
      }
      const isGrowing = streaming && index === segments.length - 1;
      const source = definitions + (isGrowing ? closeOpenMarks(segment.text) : segment.text);
      let parsed = this.#known.get(source) ?? known.get(source);
      if (parsed === undefined && this.#now() - startedAt > budgetMs) {
        isWhole = false;
        parsed = asPlain(segment.text);
      } else {
        parsed ??= parse(source, segment.text);
        known.set(source, parsed);
      }
      blocks.push(...parsed.blocks);
      elements += parsed.elements;
    }
    this.#known = known;
    return { blocks, isWhole };
  }
}

/** `source`: with the definitions of links from the whole reply. `text`: as the model wrote it. */
function parse(source: string, text: string): Parsed {
  if (parseCost(source) > highestCost) return asPlain(text);
  try {
    const tokens = marked.lexer(source);
    const blocks = tokens.map((token) => marked.parser([token])).filter((html) => html !== '');
    const elements = blocks.reduce((sum, html) => sum + (html.match(/<[a-z]/g)?.length ?? 0), 0);
    return { blocks, elements: elements + blocks.length };
  } catch {
    // Nested deeper than the parser can follow: the words still count.
    return asPlain(text);
  }
}

function asPlain(text: string): Parsed {
  return { blocks: plain(text), elements: 2 };
}

/** Links such as `[1]: https://...` may be defined in another segment than they are used in. */
function linkDefinitions(segments: readonly Segment[]): string {
  const lines = segments.flatMap((segment) =>
    segment.type === 'text' && segment.text.includes(']:')
      ? (segment.text.match(/^ {0,3}\[[^[\]\n]{1,100}\]: +\S{1,1000}$/gm) ?? [])
      : [],
  );
  return lines.length === 0 ? '' : `${lines.slice(0, 50).join('\n')}\n\n`;
}

function plain(text: string): string[] {
  return inParts(text.trim()).map((part) => `<p class="plain">${escapeHtml(part)}</p>`);
}

/** One part, unless the text has more lines than a reply usually has. */
function inParts(text: string): string[] {
  const lines = text.split('\n');
  if (lines.length <= mostLines) return [text];
  const parts: string[] = [];
  for (let at = 0; at < lines.length; at += mostLines) {
    parts.push(lines.slice(at, at + mostLines).join('\n'));
  }
  return parts;
}

function codeBlock(text: string, language: string | undefined): string {
  const attribute = language === undefined ? '' : ` class="language-${language}"`;
  return `<pre tabindex="0"><code${attribute}>${escapeHtml(text)}</code></pre>`;
}

function anchor(href: string, html: string, title: string | null | undefined): string {
  if (!URL.canParse(href) || !linkProtocols.has(new URL(href).protocol)) return html;
  const titleAttribute = title === null || title === undefined ? '' : ` title="${escapeHtml(title)}"`;
  return `<a href="${escapeHtml(href)}"${titleAttribute} target="_blank" rel="noopener noreferrer">${html}</a>`;
}
