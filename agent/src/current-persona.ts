/**
 * Who the agent is right now, as its server told: voice and language go to the speech parts, the agent's own sentences follow the language.
 * Asks nobody; whoever hears from the server tells it here.
 */
import type { PersonaCard } from 'livekit-agents-plugin-ws-llm';
import { sentencesIn, type Sentences } from './sentences.ts';
import { followPersona, type SpeechParts } from './speech-parts.ts';

export class CurrentPersona {
  readonly #parts: SpeechParts;
  #card: PersonaCard | undefined;

  constructor(parts: SpeechParts) {
    this.#parts = parts;
  }

  /** From the next words on. */
  follow(card: PersonaCard): void {
    this.#card = card;
    followPersona(this.#parts, card);
  }

  /** Undefined until a server has told, and on plain servers, which do not. */
  get card(): PersonaCard | undefined {
    return this.#card;
  }

  get sentences(): Sentences {
    return sentencesIn(this.#card?.language);
  }
}
