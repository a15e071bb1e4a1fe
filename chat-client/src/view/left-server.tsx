/**
 * Says that the page left the server chosen in the settings, and lets the reader try it again or
 * forget it.
 */
import type { Conversation } from '../logic/conversation.ts';
import { leftServerWords } from '../logic/link-words.ts';
import { NoticeBar } from './notice-bar.tsx';

export interface LeftServerProps {
  state: Conversation;
  onAgain: (address: string) => void;
  onForget: () => void;
}

export function LeftServerBar({ state, onAgain, onForget }: LeftServerProps) {
  const words = leftServerWords(state);
  const { left } = state;
  if (words === undefined || left === undefined) return null;
  return (
    <NoticeBar words={words}>
      <button type="button" class="button" onClick={onForget}>
        Forget it
      </button>
      <button type="button" class="button" onClick={() => onAgain(left.address)}>
        Try it again
      </button>
    </NoticeBar>
  );
}
