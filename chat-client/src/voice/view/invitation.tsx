/** Before a call, and after one: with whom, and the one button that begins it. */
import { useState } from 'preact/hooks';
import { Icon } from '../../view/icon.tsx';
import { Mark } from '../../view/mark.tsx';
import type { Stage } from '../logic/call.ts';
import type { Offer } from '../logic/ticket.ts';

export interface InvitationProps {
  stage: Stage;
  offer: Offer | undefined;
  onStart: (persona: string | undefined) => void;
}

export function Invitation({ stage, offer, onStart }: InvitationProps) {
  const [chosen, setChosen] = useState<string>();
  const isAgain = stage.type === 'over';
  const persona = offer?.persona;
  const personas = offer?.personas ?? [];
  return (
    <section class={isAgain ? 'invitation again' : 'welcome invitation'} aria-label="Begin">
      {isAgain ? (
        <p class="invitation-words" role="status">
          {stage.words ?? 'You have hung up.'}
        </p>
      ) : (
        <>
          <Mark name={persona?.title} large />
          <p class="welcome-greeting">Talk with {persona?.title ?? 'the agent'}</p>
        </>
      )}
      {personas.length > 1 && (
        <label class="with-whom">
          <span class="visually-hidden">With whom</span>
          <select class="field device-field" onChange={(event) => setChosen(event.currentTarget.value)}>
            {personas.map(({ name, title }) => (
              <option key={name} value={name} selected={name === (chosen ?? persona?.name)}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      <button
        type="button"
        class="button button-accent start"
        onClick={() => onStart(chosen ?? persona?.name)}
      >
        <Icon name="microphone" />
        {isAgain ? 'Talk again' : 'Start talking'}
      </button>
      {!isAgain && (
        <p class="welcome-hint">Your microphone is on only while the call lasts. You can also write.</p>
      )}
    </section>
  );
}
