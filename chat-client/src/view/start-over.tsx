/**
 * The button that deletes the conversation. Asks first, unless the conversation is empty. The
 * question focuses the choice that keeps it, so that pressing Enter twice deletes nothing.
 */
import { useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

export interface StartOverProps {
  empty: boolean;
  onStartOver: () => void;
}

export function StartOver({ empty, onStartOver }: StartOverProps) {
  const question = useRef<HTMLDivElement>(null);
  const confirm = (): void => {
    question.current?.hidePopover();
    onStartOver();
  };
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Start over"
        title="Start over"
        popovertarget={empty ? undefined : 'start-over'}
        onClick={() => {
          if (empty) onStartOver();
        }}
      >
        <Icon name="startOver" />
      </button>
      <div
        id="start-over"
        class="popover"
        popover="auto"
        role="alertdialog"
        aria-labelledby="start-over-title"
        ref={question}
      >
        <h2 id="start-over-title" class="popover-title">
          Start over?
        </h2>
        <p class="popover-text">This deletes the conversation, here and on the server.</p>
        <div class="popover-actions">
          <button type="button" class="button" autofocus onClick={() => question.current?.hidePopover()}>
            Keep it
          </button>
          <button type="button" class="button button-accent" onClick={confirm}>
            Delete it
          </button>
        </div>
      </div>
    </>
  );
}
