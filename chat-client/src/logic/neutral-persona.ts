/** Who answers where the server does not tell: the words of a page that knows nothing about its persona. */
import type { PersonaCard } from '@ws-llm/protocol';

export const neutralPersona: PersonaCard = {
  name: 'assistant',
  title: 'Assistant',
  greeting: 'Hello. What would you like to talk about?',
  suggestions: ['I have a headache and a fever', 'How can I sleep better?', 'What should I ask my doctor?'],
};
