/** Who answers, and in one word how the call stands. */
import { Mark } from '../../view/mark.tsx';
import type { Call } from '../logic/call.ts';
import { statusWords } from '../logic/words.ts';

export function Header({ call, title }: { call: Call; title: string | undefined }) {
  return (
    <header class="header">
      <div class="column header-row">
        <Mark name={title} />
        <div class="who">
          <h1 class="who-name">{title ?? 'Voice'}</h1>
          <p class="status" data-link={linkOf(call)} role="status">
            <span class="dot" aria-hidden="true" />
            <span class="status-words">{statusWords(call)}</span>
          </p>
        </div>
      </div>
    </header>
  );
}

function linkOf({ stage, agent }: Call): string {
  if (stage.type === 'idle' || stage.type === 'over') return 'idle';
  const isThere = stage.type === 'live' && !stage.reconnecting && agent !== 'awaited' && agent !== 'missing';
  return isThere ? 'connected' : 'connecting';
}
