/** The bar under the header while there is no connection: what happened, when the next attempt comes, and a way to hurry it. */
import { useEffect, useState } from 'preact/hooks';
import type { Conversation } from '../logic/conversation.ts';
import { troubleWords } from '../logic/link-words.ts';

export interface TroubleProps {
  state: Conversation;
  onRetry: () => void;
}

export function Trouble({ state, onRetry }: TroubleProps) {
  const words = troubleWords(state);
  if (words === undefined) return null;
  const { link } = state;
  return (
    <div class={link.type === 'refused' ? 'trouble refused' : 'trouble'}>
      <div class="column trouble-row">
        <p>
          {words} {link.type === 'lost' && <Countdown untilMs={link.retryAtMs} />}
        </p>
        <button type="button" class="button" onClick={onRetry} disabled={link.type === 'connecting'}>
          {link.type === 'refused' ? 'Connect again' : 'Retry now'}
        </button>
      </div>
    </div>
  );
}

/** Not read aloud: it would be every second. */
function Countdown({ untilMs }: { untilMs: number }) {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
  return <span aria-hidden="true">Retrying in {seconds} s.</span>;
}
