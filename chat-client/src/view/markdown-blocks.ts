/**
 * Puts the blocks of a growing reply into an element. The only place where text becomes elements:
 * sanitized, and without `innerHTML`. Works in slices, one a frame of the screen, so that the page
 * answers its reader whatever a model writes.
 */
import DOMPurify, { type Config } from 'dompurify';
import { MarkdownRenderer } from '../logic/markdown.ts';

/** The longest that one slice adds elements. */
const budgetMs = 30;
/**
 * Characters of HTML that are sanitized together: each call costs about as much as so many
 * characters.
 */
const batchChars = 2_000;

const plainAttributes = ['target', 'rel', 'class', 'start', 'align', 'tabindex'];

const allowed: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS:
    'p br hr strong em del code pre a ul ol li blockquote span h3 h4 h5 h6 div table thead tbody tr th td'.split(
      ' ',
    ),
  ALLOWED_ATTR: ['href', 'title', ...plainAttributes],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto|tel):/i,
  // Otherwise their values would have to look like addresses too.
  ADD_URI_SAFE_ATTR: plainAttributes,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

export class MarkdownBlocks {
  readonly #renderer = new MarkdownRenderer(() => performance.now());
  /** HTML of the element's children. */
  #shown: string[] = [];
  #frame: number | undefined;

  /**
   * Shows the text, or as much of it as time allows and the rest in the next frames. A later call
   * replaces this one.
   */
  show(element: HTMLElement, text: string, streaming: boolean): void {
    this.stop();
    const { blocks, isWhole } = this.#renderer.render(text, { streaming });
    if (this.#place(element, blocks) && isWhole) return;
    this.#frame = requestAnimationFrame(() => this.show(element, text, streaming));
  }

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  /**
   * Blocks that did not change keep their elements, so a selection in them survives while the reply
   * grows.
   * @returns whether all blocks are in place
   */
  #place(element: HTMLElement, blocks: readonly string[]): boolean {
    const startedAt = performance.now();
    for (let at = 0; at < blocks.length;) {
      if (blocks[at] === this.#shown[at]) {
        at += 1;
        continue;
      }
      if (performance.now() - startedAt > budgetMs) return false;
      const batch = changedFrom(blocks, this.#shown, at);
      const fragment = fragmentOf(batch);
      for (let index = 0; index < batch.length; index += 1) element.children[at]?.remove();
      element.insertBefore(fragment, element.children[at] ?? null);
      for (const [index, html] of batch.entries()) this.#shown[at + index] = html;
      at += batch.length;
    }
    while (element.childElementCount > blocks.length) element.lastElementChild?.remove();
    this.#shown.length = blocks.length;
    return true;
  }
}

/** The next changed blocks, at least one. */
function changedFrom(blocks: readonly string[], shown: readonly string[], start: number): string[] {
  let end = start;
  let chars = 0;
  while (end < blocks.length && blocks[end] !== shown[end] && (end === start || chars < batchChars)) {
    chars += blocks[end]?.length ?? 0;
    end += 1;
  }
  return blocks.slice(start, end);
}

/** One element per block. */
function fragmentOf(blocks: readonly string[]): DocumentFragment {
  const together = blocks.map((html) => `<div class="block">${html}</div>`).join('');
  const fragment = DOMPurify.sanitize(together, allowed);
  if (fragment.childElementCount === blocks.length) return fragment;
  // A block whose elements do not nest as HTML wants them must not reach into the next one.
  const apart = document.createDocumentFragment();
  for (const html of blocks) {
    const block = document.createElement('div');
    block.className = 'block';
    block.append(DOMPurify.sanitize(html, allowed));
    apart.append(block);
  }
  return apart;
}
