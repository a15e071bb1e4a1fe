/**
 * What a reply's markdown may become: which HTML, which links, nothing that loads by itself.
 * Makes HTML text and knows no DOM; whoever shows it sanitizes it again.
 */
import { Marked, type RendererObject, type Tokens } from 'marked';
import { closeOpenMarks } from './close-open-marks.ts';

const linkProtocols = new Set(['http:', 'https:', 'mailto:', 'tel:']);

const renderer: RendererObject = {
  /** A model's HTML is text to be read; line breaks in table cells are the one exception. */
  html({ text, block }: Tokens.HTML | Tokens.Tag) {
    if (/^<br\s*\/?>$/i.test(text.trim())) return '<br>';
    return block ? `<p>${escapeHtml(text.trim())}</p>` : escapeHtml(text);
  },
  link({ href, title, tokens }) {
    return anchor(href, this.parser.parseInline(tokens), title);
  },
  /** An image would be fetched from wherever a model says, which tells that place who reads. */
  image({ href, text, title }) {
    return anchor(href, escapeHtml(text === '' ? href : text), title);
  },
  /** The page's own headings come first. */
  heading({ tokens, depth }) {
    const level = Math.min(depth + 2, 6);
    return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
  },
  code({ text, lang }) {
    const language = /^[\w+#-]+/.exec(lang ?? '')?.[0];
    const attribute = language === undefined ? '' : ` class="language-${language}"`;
    return `<pre tabindex="0"><code${attribute}>${escapeHtml(text)}</code></pre>`;
  },
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

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer,
  tokenizer: {
    /** `text\n-` is a list that has begun, far more often than a heading. */
    lheading: () => undefined,
  },
});

/**
 * The reply as HTML, one text per block, so that blocks which no longer change are left alone while others grow.
 * With `streaming` what is still open at the end (bold, code, a link) is shown as if it were closed.
 */
export function renderMarkdown(text: string, { streaming }: { streaming: boolean }): string[] {
  try {
    const tokens = marked.lexer(streaming ? closeOpenMarks(text) : text);
    return tokens.filter((token) => token.type !== 'space').map((token) => marked.parser([token]));
  } catch {
    // Nested deeper than the parser can follow: the words still count.
    return [`<p>${escapeHtml(text)}</p>`];
  }
}

function anchor(href: string, html: string, title: string | null | undefined): string {
  if (!URL.canParse(href) || !linkProtocols.has(new URL(href).protocol)) return html;
  const titleAttribute = title === null || title === undefined ? '' : ` title="${escapeHtml(title)}"`;
  return `<a href="${escapeHtml(href)}"${titleAttribute} target="_blank" rel="noopener noreferrer">${html}</a>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
