/** Tells those who listen instead of look that a reply has ended: once, whole, not token by token. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Turn } from '../logic/transcript.ts';

export interface AnnouncerProps {
  last: Turn | undefined;
  name: string;
}

export function Announcer({ last, name }: AnnouncerProps) {
  const [words, setWords] = useState('');
  const seen = useRef<string>();
  const state = last?.reply.state.type;
  useEffect(() => {
    if (last === undefined || state === undefined) return setWords('');
    if (state === 'waiting') return setWords('');
    const ended = state !== 'streaming' && last.reply.text !== '';
    if (!ended) return;
    const key = `${last.id} ${last.reply.endedAtMs ?? ''}`;
    if (seen.current === key) return;
    seen.current = key;
    // What is shown, without markdown's marks.
    const shown = document.querySelector<HTMLElement>(`[data-turn="${last.id}"] .markdown`);
    setWords(`${name}: ${shown?.innerText ?? last.reply.text}`);
  }, [last?.id, state]);
  return (
    <div class="visually-hidden" aria-live="polite" data-testid="announcer">
      {words === '' ? null : words}
    </div>
  );
}
