/**
 * Tool calls from their pieces, as OpenAI's dialect streams them: by index, interleaved, and less carefully by servers that only resemble
 * OpenAI: without an index, without an id. One per reply.
 */
import { randomUUID } from 'node:crypto';
import type { BackendToolCall } from '../backend.ts';
import { CallLimits } from './call-limits.ts';

/** What a chunk tells of a call; servers leave out what OpenAI never does. */
export interface ToolCallPiece {
  index?: number | null | undefined;
  id?: string | null | undefined;
  function?: { name?: string | null | undefined; arguments?: string | null | undefined } | undefined;
}

export class ToolCallPieces {
  readonly #calls = new Map<number, BackendToolCall>();
  readonly #limits = new CallLimits();

  /** @throws TooLongError */
  add({ index, id, function: called }: ToolCallPiece): void {
    const place = index ?? this.#placeOf(id, called?.name);
    const known = this.#calls.get(place);
    if (known === undefined) this.#limits.addCall();
    this.#limits.addChars(id, called?.name, called?.arguments);
    const call = known ?? { id: '', name: '', arguments: '' };
    this.#calls.set(place, call);
    if (id !== undefined && id !== null && id !== '') call.id = id;
    call.name += called?.name ?? '';
    call.arguments += called?.arguments ?? '';
  }

  /** All calls, whole, each with an id of its own. */
  all(): BackendToolCall[] {
    return [...this.#calls.values()].map((call) => ({
      ...call,
      id: call.id === '' ? `call_${randomUUID()}` : call.id,
      // A call without arguments has none to write down.
      arguments: call.arguments === '' ? '{}' : call.arguments,
    }));
  }

  /** Without an index a piece that brings a name or another id begins a call; any other goes on with the last. */
  #placeOf(id: string | null | undefined, name: string | null | undefined): number {
    const last = this.#calls.size - 1;
    const current = this.#calls.get(last);
    const isNew = (name ?? '') !== '' || ((id ?? '') !== '' && id !== current?.id);
    return current === undefined || isNew ? last + 1 : last;
  }
}
