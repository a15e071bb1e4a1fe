/** Shows a reply's markdown, also while it grows. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { MarkdownBlocks } from './markdown-blocks.ts';

export interface MarkdownViewProps {
  text: string;
  streaming: boolean;
}

export function MarkdownView({ text, streaming }: MarkdownViewProps) {
  const element = useRef<HTMLDivElement>(null);
  const [blocks] = useState(() => new MarkdownBlocks());
  useLayoutEffect(() => {
    if (element.current !== null) blocks.show(element.current, text, streaming);
  }, [text, streaming]);
  useEffect(() => () => blocks.stop(), []);
  return <div class={streaming ? 'markdown streaming' : 'markdown'} dir="auto" ref={element} />;
}
