/** Who answers, how the connection stands, and the two controls that concern the whole conversation. */
import { defaultAddress } from '../logic/address.ts';
import type { Conversation } from '../logic/conversation.ts';
import { linkWords } from '../logic/link-words.ts';
import { Mark } from './mark.tsx';
import { Settings } from './settings.tsx';
import { StartOver } from './start-over.tsx';

export interface HeaderProps {
  state: Conversation;
  onStartOver: () => void;
  onAddress: (address: string | undefined) => void;
}

export function Header({ state, onStartOver, onAddress }: HeaderProps) {
  const words = linkWords(state, defaultAddress(window.location));
  return (
    <header class="header">
      <div class="column header-row">
        <Mark name={state.persona?.title} />
        <div class="who">
          <h1 class="who-name">{state.persona?.title ?? 'Chat'}</h1>
          <p class="status" data-link={state.link.type} role="status" title={words}>
            <span class="dot" aria-hidden="true" />
            <span class="status-words">{words}</span>
          </p>
        </div>
        <div class="controls">
          <StartOver empty={state.turns.length === 0} onStartOver={onStartOver} />
          <Settings address={state.address} onAddress={onAddress} />
        </div>
      </div>
    </header>
  );
}
