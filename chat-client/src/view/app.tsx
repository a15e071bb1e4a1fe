/** The page: puts the session's state into its parts, and what a person does into the session. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { chooseAddress, defaultAddress } from '../logic/address.ts';
import type { AskOutcome } from '../logic/chat-session.ts';
import { openTurn, repeatableTurn } from '../logic/conversation.ts';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { Header } from './header.tsx';
import { Icon } from './icon.tsx';
import { LeftServerBar } from './left-server.tsx';
import { LinkRequestBar } from './link-request.tsx';
import { knownAddresses, rememberAddress, rememberAgreement } from './remembered-address.ts';
import { Trouble } from './trouble.tsx';
import { TurnView } from './turn-view.tsx';
import { useSession } from './use-session.ts';
import { useStickToBottom } from './use-stick-to-bottom.ts';
import { Welcome } from './welcome.tsx';

export function App() {
  const [choice] = useState(() => chooseAddress(window.location, knownAddresses()));
  const [request, setRequest] = useState(choice.link);
  const { state, session } = useSession(choice);
  const { scroller, content, atBottom, jump } = useStickToBottom();
  const field = useRef<HTMLTextAreaElement>(null);
  const { persona, turns } = state;
  // No default name: the persona that answers is not known before the server has named it.
  const name = persona?.title ?? 'Reply';
  const connected = state.link.type === 'connected';

  useEffect(() => {
    document.title = persona?.title ?? 'Chat';
  }, [persona?.title]);
  useEffect(() => focusWithoutKeyboard(field.current), []);

  const ask = (text: string): AskOutcome => {
    const outcome = session.ask(text);
    if (outcome === 'taken') jump();
    return outcome;
  };
  const askSuggestion = (question: string): void => {
    ask(question);
    focusWithoutKeyboard(field.current);
  };
  const askAgain = useCallback(() => {
    session.askAgain();
    jump();
    focusWithoutKeyboard(field.current);
  }, [session]);
  const startOver = (): void => {
    session.reset();
    focusWithoutKeyboard(field.current);
  };
  const chooseServer = (chosen: string | undefined): void => {
    rememberAddress(chosen);
    setRequest(undefined);
    session.connect(chosen ?? defaultAddress(window.location));
    focusWithoutKeyboard(field.current);
  };
  const followLink = (address: string): void => {
    rememberAgreement(address);
    setRequest(undefined);
    session.connect(address);
    focusWithoutKeyboard(field.current);
  };
  const dismissLink = (): void => {
    setRequest(undefined);
    focusWithoutKeyboard(field.current);
  };
  const forgetLeft = (): void => {
    rememberAddress(undefined);
    session.dismissLeft();
    focusWithoutKeyboard(field.current);
  };

  const repeatable = repeatableTurn(state);
  return (
    <>
      <Header state={state} onStartOver={startOver} onAddress={chooseServer} />
      {request !== undefined && (
        <LinkRequestBar
          request={request}
          empty={turns.length === 0}
          onAgree={followLink}
          onDismiss={dismissLink}
        />
      )}
      <LeftServerBar
        state={state}
        onAgain={(address) => session.connect(address, defaultAddress(window.location))}
        onForget={forgetLeft}
      />
      <Trouble state={state} onRetry={() => session.reconnect()} />
      <main class="scroller" ref={scroller}>
        <div class="column content" ref={content}>
          {turns.length === 0 ? (
            <Welcome persona={persona} link={state.link.type} onAsk={askSuggestion} />
          ) : (
            <ol class="turns" aria-label="Conversation">
              {persona?.greeting !== undefined && (
                <li class="message reply" lang={persona.language}>
                  <p class="bubble">{persona.greeting}</p>
                </li>
              )}
              {turns.map((turn) => (
                <TurnView
                  key={turn.id}
                  turn={turn}
                  name={name}
                  language={persona?.language}
                  connected={connected}
                  onAgain={turn === repeatable ? askAgain : undefined}
                />
              ))}
            </ol>
          )}
        </div>
      </main>
      <div class="dock">
        {!atBottom && (
          <button type="button" class="jump" onClick={jump}>
            <Icon name="down" />
            Jump to latest
          </button>
        )}
        <div class="column">
          <Composer
            field={field}
            name={persona?.title}
            busy={openTurn(state) !== undefined}
            onAsk={ask}
            onStop={() => session.stop()}
          />
        </div>
      </div>
      <Announcer last={turns.at(-1)} name={name} />
    </>
  );
}

/** On a touch screen focus would open the keyboard over what there is to read. */
function focusWithoutKeyboard(element: HTMLElement | null): void {
  if (matchMedia('(pointer: fine)').matches) element?.focus();
}
