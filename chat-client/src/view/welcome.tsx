/** What a reader sees before the first question: who answers, the greeting, and ways to begin. */
import type { PersonaCard } from '@ws-llm/protocol';
import type { Link } from '../logic/conversation.ts';
import { Mark } from './mark.tsx';

export interface WelcomeProps {
  persona: PersonaCard | undefined;
  link: Link['type'];
  onAsk: (question: string) => void;
}

export function Welcome({ persona, link, onAsk }: WelcomeProps) {
  if (persona === undefined) return link === 'lost' || link === 'refused' ? <NotConnected /> : null;
  return (
    <section class="welcome" aria-label="Welcome" lang={persona.language}>
      <Mark name={persona.title} large />
      <p class="welcome-greeting">{persona.greeting ?? 'Hello. What would you like to talk about?'}</p>
      {persona.suggestions.length > 0 && (
        <ul class="suggestions" aria-label="Suggestions">
          {persona.suggestions.map((suggestion) => (
            <li key={suggestion}>
              <button type="button" class="suggestion" onClick={() => onAsk(suggestion)}>
                {suggestion}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function NotConnected() {
  return (
    <section class="welcome" aria-label="Welcome">
      <Mark name={undefined} large />
      <p class="welcome-greeting">Not connected.</p>
      <p class="welcome-hint">
        Start the server with <code>npm start</code>, or choose another address in Settings.
      </p>
    </section>
  );
}
