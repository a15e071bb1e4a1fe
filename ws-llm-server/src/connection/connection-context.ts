/** What a connection knows: what all connections of a server share, and its own client. */
import type { Limits } from '@ws-llm/protocol';
import type { Holding, ReportedShares } from '../access/budgets.ts';
import type { Role } from '../access/role.ts';
import type { Backend } from '../backend.ts';
import type { MemoryKeeper } from '../context/memory-keeper.ts';
import type { ThreadStore } from '../context/thread-store.ts';
import type { ThreadLimits } from '../context/thread.ts';
import type { ModelNews } from './model-news.ts';
import type { Logger } from '../logger.ts';
import type { Persona } from '../personas/persona.ts';
import type { Personas } from '../personas/personas.ts';

export interface ConnectionContext {
  /** Name and version, for people. */
  server: string;
  backend: Backend;
  news: ModelNews;
  personas: Personas;
  /** Whom the connection's address asks for; there was one of that name when it was opened. */
  personaName: string | undefined;
  limits: Limits;
  /** What it holds of what all clients share. */
  holding: Holding;
  /** The bounds of that which apply to it. */
  shared: ReportedShares;
  /** Of the connection's own thread. */
  threadLimits: ThreadLimits;
  /** Named threads, of all users. */
  threads: ThreadStore;
  role: Role;
  /** Something failed by a fault of this server: costs this connection, and no other. */
  fail: (error: unknown) => void;
  /** Allowed prefixes of the image addresses of an agent. */
  imageUrls: readonly string[];
  /** Whose named threads they are. */
  user: string;
  logger: Logger;
}

/** Counts what a connection keeps between requests. */
export function keeperOf({ holding }: Pick<ConnectionContext, 'holding'>): MemoryKeeper {
  return {
    take: (bytes) => holding.take('kept_bytes', bytes),
    give: (bytes) => holding.give('kept_bytes', bytes),
  };
}

/** Who answers on a connection where a request names nobody. */
export function personaOf({ personas, personaName }: ConnectionContext): Persona {
  return (personaName === undefined ? undefined : personas.get(personaName)) ?? personas.default;
}
