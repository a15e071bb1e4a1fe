/** The agent as one sees it: still while it listens, drifting while it thinks, moving with its own voice while it speaks. */
import type { RefObject } from 'preact';
import type { Call } from '../logic/call.ts';
import { statusWords } from '../logic/words.ts';

export interface PresenceProps {
  call: Call;
  title: string | undefined;
  /** Its `--level` follows the agent's voice. */
  level: RefObject<HTMLElement>;
}

export function Presence({ call, title, level }: PresenceProps) {
  const [initial = ''] = title?.trim() ?? '';
  const state = call.stage.type === 'live' && !call.stage.reconnecting ? call.agent : 'awaited';
  return (
    <div class="presence" data-agent={state} ref={level as RefObject<HTMLDivElement>} aria-hidden="true">
      <span class="orb">
        <span class="orb-face">{initial.toLocaleUpperCase()}</span>
      </span>
      <span class="presence-words">{statusWords(call)}</span>
    </div>
  );
}
