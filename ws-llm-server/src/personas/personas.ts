/** The personas that a server offers, wherever they come from. Knows no files. */
import type { PersonaCard } from '@ws-llm/protocol';
import type { Persona } from './persona.ts';

export interface Personas {
  /** Who answers where nobody asks for another. */
  readonly default: Persona;
  /** All that may be asked for, the default one first, then by title. */
  readonly all: readonly PersonaCard[];
  get(name: string): Persona | undefined;
  /** Calls `listener` after each change, when all of the above say what is new. @returns ends that */
  onChange(listener: () => void): () => void;
}

/** One persona that never changes. */
export function onlyPersona(persona: Persona): Personas {
  return {
    default: persona,
    all: [persona.card],
    get: (name) => (name === persona.card.name ? persona : undefined),
    onChange: () => () => undefined,
  };
}
