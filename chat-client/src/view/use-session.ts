/**
 * The page's one session, and its state at most once per frame of the screen, however fast a reply comes.
 */
import { useEffect, useState } from 'preact/hooks';
import type { AddressChoice } from '../logic/address.ts';
import { ChatSession } from '../logic/chat-session.ts';
import type { Conversation } from '../logic/conversation.ts';

export interface SessionView {
  state: Conversation;
  session: ChatSession;
}

/** Connects to `address` when the page begins; to `fallback`, if it is given, when that fails. */
export function useSession({ address, fallback }: AddressChoice): SessionView {
  const [{ session, follow }] = useState(() => createSession(address));
  const [state, setState] = useState(session.state);
  useEffect(() => {
    follow(setState);
    session.connect(address, fallback);
    return () => session.close();
  }, []);
  useEffect(() => {
    // A network that is back, or a page that is looked at again, need not wait for the pause to end.
    const hurry = (): void => {
      if (document.visibilityState === 'visible' && session.state.link.type === 'lost') session.reconnect();
    };
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    return () => {
      window.removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
    };
  }, []);
  return { state, session };
}

function createSession(address: string) {
  let listener: ((state: Conversation) => void) | undefined;
  let planned = false;
  const session = new ChatSession(address, {
    open: (url, protocols) => new WebSocket(url, protocols),
    now: Date.now,
    onChange: () => {
      if (planned) return;
      planned = true;
      requestAnimationFrame(() => {
        planned = false;
        listener?.(session.state);
      });
    },
  });
  const follow = (next: (state: Conversation) => void): void => {
    listener = next;
  };
  return { session, follow };
}
