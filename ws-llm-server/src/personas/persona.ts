/** Who answers. The prompt and parameters stay on the server; the rest is what a client may show. */
import type { PersonaCard } from '@ws-llm/protocol';
import type { BackendParams } from '../backend.ts';

/** Never changes: when its file does, there is another one, and a reply goes on with the one it began with. */
export interface Persona {
  readonly card: PersonaCard;
  /** The system prompt. */
  readonly prompt: string;
  /** Undefined: the backend's own. */
  readonly model?: string;
  readonly params: BackendParams;
  /** What its model may call here; the client never sees the calls. No two of the same name. */
  readonly tools?: readonly PersonaTool[];
  /** Words for how a reply feels, of which one may be told after it; undefined: none are told. */
  readonly emotions?: readonly string[];
}

/** Something that the persona does while it answers: tells the client by a frame, runs code on the server, or both. */
export interface PersonaTool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments, which are an object. */
  readonly parameters: Record<string, unknown>;
  /** Type of the frame that carries the arguments to the client, none of the protocol's own; undefined: none is sent. */
  readonly frame?: string;
  /** Undefined: the model is told `{ok: true}`. */
  readonly run?: PersonaToolCode;
}

/**
 * The persona's own code. What it resolves to is what the model is told: text as it is, undefined as `{ok: true}`, anything else as
 * JSON. May throw, and may hang: whoever calls it has a deadline, and aborts `signal` when it has passed.
 */
export type PersonaToolCode = (args: Record<string, unknown>, options: { signal: AbortSignal }) => unknown;
