/**
 * Shows a reply's markdown. The only place where text becomes elements: sanitized, and inserted without `innerHTML`.
 * Blocks that did not change keep their elements, so a selection in them survives while the reply grows.
 */
import DOMPurify, { type Config } from 'dompurify';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { MarkdownRenderer } from '../logic/markdown.ts';

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

export interface MarkdownViewProps {
  text: string;
  streaming: boolean;
}

export function MarkdownView({ text, streaming }: MarkdownViewProps) {
  const [renderer] = useState(() => new MarkdownRenderer(() => performance.now()));
  const [slice, setSlice] = useState(0);
  const { blocks, isWhole } = useMemo(() => renderer.render(text, { streaming }), [text, streaming, slice]);
  // The page answers the reader between two slices of a reply that takes long to parse.
  useEffect(() => {
    if (isWhole) return;
    const frame = requestAnimationFrame(() => setSlice((before) => before + 1));
    return () => cancelAnimationFrame(frame);
  }, [text, streaming, slice, isWhole]);
  return (
    <div class={streaming ? 'markdown streaming' : 'markdown'} dir="auto">
      {blocks.map((html, index) => (
        <Block key={index} html={html} />
      ))}
    </div>
  );
}

function Block({ html }: { html: string }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    element.current?.replaceChildren(DOMPurify.sanitize(html, allowed));
  }, [html]);
  return <div class="block" ref={element} />;
}
