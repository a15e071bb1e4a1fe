/** What every connection of a server shares, and who its client is. */
import type { Limits } from '@ws-llm/protocol';
import type { Backend } from '../backend.ts';
import type { ThreadStore } from '../context/thread-store.ts';
import type { TurnLimits } from '../context/turns.ts';
import type { Logger } from '../logger.ts';
import type { Persona } from '../personas/persona.ts';

/** What a client may do: PROTOCOL.md, "Who may connect". */
export type Role = 'agent' | 'guest';

export interface ConnectionContext {
  /** Name and version, for people. */
  server: string;
  backend: Backend;
  persona: Persona;
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
