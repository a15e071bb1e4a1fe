/** Who answers. The prompt and parameters stay on the server; the rest is what a client may show. */
import type { PersonaCard } from '@ws-llm/protocol';
import type { BackendParams } from '../backend.ts';

export interface Persona {
  readonly card: PersonaCard;
  /** The system prompt. */
  readonly prompt: string;
  readonly params: BackendParams;
}
