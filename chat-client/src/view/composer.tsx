/** Where a person writes. Keeps what is written until it has been taken. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { AskOutcome } from '../logic/chat-session.ts';
import { Icon } from './icon.tsx';

export interface ComposerProps {
  field: RefObject<HTMLTextAreaElement>;
  name: string | undefined;
  /** A reply is on its way, or a question waits for a connection. */
  busy: boolean;
  onAsk: (text: string) => AskOutcome;
  onStop: () => void;
}

export function Composer({ field, name, busy, onAsk, onStop }: ComposerProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();

  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  // A button instead of a form: sandboxed frames submit none.
  const ask = (): void => {
    const outcome = onAsk(text);
    if (outcome === 'taken') setText('');
    setProblem(problemWords(outcome));
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && busy) return onStop();
    // Enter also confirms what an input method composes; Safari tells that only by the key code 229.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    ask();
  };
  const stop = (event: MouseEvent): void => {
    // The second click of a double click on Send.
    if (event.detail > 1) return;
    onStop();
    field.current?.focus();
  };

  return (
    <section class="composer" aria-label="Your message">
      {problem !== undefined && (
        <p class="composer-problem" role="alert">
          {problem}
        </p>
      )}
      <div class="composer-box">
        <textarea
          ref={field}
          class="composer-field"
          rows={1}
          aria-label="Message"
          aria-describedby="composer-hint"
          placeholder={name === undefined ? 'Message' : `Message ${name}`}
          enterkeyhint="send"
          dir="auto"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setProblem(undefined);
          }}
          onKeyDown={onKeyDown}
        />
        {busy ? (
          <button key="stop" type="button" class="send" aria-label="Stop" title="Stop (Esc)" onClick={stop}>
            <Icon name="stop" />
          </button>
        ) : (
          <button
            key="send"
            type="button"
            class="send"
            onClick={ask}
            aria-label="Send"
            title="Send (Enter)"
            disabled={text.trim() === ''}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
      <p id="composer-hint" class="composer-hint">
        {busy ? 'Esc stops the answer' : 'Enter sends, Shift+Enter starts a new line'}
      </p>
    </section>
  );
}

function problemWords(outcome: AskOutcome): string | undefined {
  switch (outcome) {
    case 'too_long':
      return 'This message is longer than the server takes. Shorten it, or send it in parts.';
    case 'taken':
    case 'empty':
    case 'busy':
      return undefined;
  }
}
