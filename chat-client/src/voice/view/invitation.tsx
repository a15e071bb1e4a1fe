/**
 * Before a call, and after one: the choice of the persona, and the one button that begins the call.
 */
import { Icon } from '../../view/icon.tsx';
import { Mark } from '../../view/mark.tsx';
import type { Stage } from '../logic/call.ts';
import type { Chosen, Offer } from '../logic/ticket.ts';

export interface InvitationProps {
  stage: Stage;
  offer: Offer | undefined;
  chosen: Chosen | undefined;
  /** The call before was with another persona. */
  isOther: boolean;
  onChoose: (name: string) => void;
  onStart: () => void;
}

export function Invitation({ stage, offer, chosen, isOther, onChoose, onStart }: InvitationProps) {
  const isAgain = stage.type === 'over';
  const personas = offer?.personas ?? [];
  return (
    <section class={isAgain ? 'invitation again' : 'welcome invitation'} aria-label="Begin">
      {isAgain ? (
        <p class="invitation-words" role="status">
          {stage.words ?? 'You have hung up.'}
        </p>
      ) : (
        <>
          <Mark name={chosen?.title} large />
          <p class="welcome-greeting">Talk with {chosen?.title ?? 'the agent'}</p>
        </>
      )}
      {personas.length > 1 && (
        <label class="with-whom">
          <span class="visually-hidden">Persona</span>
          <select class="field device-field" onChange={(event) => onChoose(event.currentTarget.value)}>
            {personas.map(({ name, title }) => (
              <option key={name} value={name} selected={name === chosen?.name}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="button" class="button button-accent start" onClick={onStart}>
        <Icon name="microphone" />
        {isAgain ? (isOther ? `Talk with ${chosen?.title ?? 'the agent'}` : 'Talk again') : 'Start talking'}
      </button>
      {!isAgain && (
        <p class="welcome-hint">Your microphone is on only while the call lasts. You can also write.</p>
      )}
    </section>
  );
}
