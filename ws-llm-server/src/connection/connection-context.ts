/** What every connection of a server shares, and who its client is. */
import type { Limits } from '@ws-llm/protocol';
import type { Backend } from '../backend.ts';
import type { ThreadStore } from '../context/thread-store.ts';
import type { TurnLimits } from '../context/turns.ts';
import type { ModelNews } from './model-news.ts';
import type { Logger } from '../logger.ts';
import type { Persona } from '../personas/persona.ts';
import type { Personas } from '../personas/personas.ts';

/** What a client may do: PROTOCOL.md, "Who may connect". */
export type Role = 'agent' | 'guest';

export interface ConnectionContext {
  /** Name and version, for people. */
  server: string;
  backend: Backend;
  news: ModelNews;
  personas: Personas;
  /** Whom the connection's address asks for; there was one of that name when it was opened. */
  personaName: string | undefined;
  limits: Limits;
  /** Of the connection's own thread. */
  turnLimits: TurnLimits;
  /** Named threads, of all users. */
  threads: ThreadStore;
  role: Role;
  /** Whose named threads they are. */
  user: string;
  logger: Logger;
}

/** Who answers on a connection where a request names nobody. */
export function personaOf({ personas, personaName }: ConnectionContext): Persona {
  return (personaName === undefined ? undefined : personas.get(personaName)) ?? personas.default;
}
