/**
 * Keeps a scrolling element at its end while the reader is there, and leaves a reader alone who has scrolled up.
 * Knows nothing of what is in it.
 */
import { type RefObject } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

const nearPx = 32;

export interface StickToBottom {
  scroller: RefObject<HTMLElement>;
  content: RefObject<HTMLDivElement>;
  atBottom: boolean;
  jump: () => void;
}

export function useStickToBottom(): StickToBottom {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const [atBottom, setAtBottom] = useState(true);

  const jump = useCallback(() => {
    stuck.current = true;
    setAtBottom(true);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (element === null || content.current === null) return;
    let lastTop = element.scrollTop;
    /** A finger is on it, which must not be pulled along. */
    let held = false;
    const distance = (): number => element.scrollHeight - element.scrollTop - element.clientHeight;
    const tell = (): void => setAtBottom(stuck.current || distance() <= nearPx);
    const onScroll = (): void => {
      const { scrollTop } = element;
      if (scrollTop < lastTop - 1 && distance() > 2) stuck.current = false;
      else if (scrollTop > lastTop && distance() <= nearPx) stuck.current = true;
      lastTop = scrollTop;
      tell();
    };
    const follow = (): void => {
      if (!stuck.current || held) return tell();
      element.scrollTop = element.scrollHeight;
      lastTop = element.scrollTop;
    };
    // While a reply grows, a smooth scroll upwards would be undone before its first step could be seen.
    const letGo = (): void => {
      if (element.scrollTop > 0) stuck.current = false;
    };
    const onWheel = (event: WheelEvent): void => {
      if (event.deltaY < 0) letGo();
    };
    const onKeyDown = ({ key }: KeyboardEvent): void => {
      if (key === 'PageUp' || key === 'ArrowUp' || key === 'Home') letGo();
    };
    const sizes = new ResizeObserver(follow);
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    sizes.observe(element);
    sizes.observe(content.current);
    element.addEventListener('scroll', onScroll, options);
    element.addEventListener('wheel', onWheel, options);
    element.addEventListener('keydown', onKeyDown, options);
    element.addEventListener('touchstart', () => (held = true), options);
    for (const end of ['touchend', 'touchcancel']) {
      element.addEventListener(end, () => (held = false), options);
    }
    return () => {
      sizes.disconnect();
      listening.abort();
    };
  }, []);

  return { scroller, content, atBottom, jump };
}
