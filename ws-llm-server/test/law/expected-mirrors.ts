/**
 * The mirrors of one connection, told again as plain lists: what a request says of its mirror, how it is answered, and what the model
 * should see then. Knows no sockets.
 */
import type { ErrorCode } from '@ws-llm/protocol';
import type { Manner } from './expected-request.ts';
import type { Said } from './memory.ts';
import type { MirrorEdit } from './step.ts';

/** Of the server under test: so small that clients reach them. */
export const mirrorLimits = { mirrors: 2, messages: 5 };

interface Mirrored {
  list: readonly Said[];
  manner: Manner;
}

/** How a request with a mirror is answered. */
export type MirrorOutcome =
  | ({ type: 'served' } & Mirrored)
  | { type: 'wrong base' | 'too much kept' | 'too large' | 'flawed' | 'unreadable'; refusal: ErrorCode[] };

export interface MirrorRequest {
  mirror: { key: string; base?: string; keep: number };
  outcome: MirrorOutcome;
}

const empty: Mirrored = { list: [], manner: { instructions: undefined, tools: [] } };

export class ExpectedMirrors {
  /** What the server still has, the one used longest ago first. */
  readonly #cached = new Map<string, Mirrored>();
  /** The last two requests that carried a key, whatever became of them, the newest first. */
  readonly #carriers = new Map<string, readonly string[]>();

  /** The request `id` is sent now, and does `edit`. */
  send(id: string, edit: MirrorEdit, messages: readonly Said[]): MirrorRequest {
    const { key } = edit;
    const cached = this.#cached.get(key);
    const carriers = this.#carriers.get(key) ?? [];
    const base = baseOf(edit, cached !== undefined, carriers);
    const known = base === undefined ? empty : base === carriers[0] ? cached : undefined;
    const keep = keepOf(edit, (known ?? cached ?? empty).list.length);
    this.#carriers.set(key, [id, ...carriers.slice(0, 1)]);
    this.#cached.delete(key);
    const next =
      known !== undefined && keep <= known.list.length ? changed(known, keep, messages, edit) : undefined;
    if (next !== undefined && edit.flaw !== 'unreadable' && next.list.length <= mirrorLimits.messages)
      this.#keep(key, next);
    const outcome =
      known === undefined ? refused('wrong base', 'unknown_mirror', edit) : outcomeOf(next, edit);
    return { mirror: { key, ...(base !== undefined && { base }), keep }, outcome };
  }

  #keep(key: string, mirrored: Mirrored): void {
    this.#cached.set(key, mirrored);
    const [oldest] = this.#cached.keys();
    if (this.#cached.size > mirrorLimits.mirrors && oldest !== undefined) this.#cached.delete(oldest);
  }
}

function baseOf({ base }: MirrorEdit, isCached: boolean, carriers: readonly string[]): string | undefined {
  const [last, stale] = carriers;
  switch (base) {
    case 'right':
      return isCached ? last : undefined;
    case 'last':
      return last;
    case 'stale':
      return stale ?? 'never used';
    case 'none':
      return undefined;
  }
}

function keepOf({ keep }: MirrorEdit, length: number): number {
  switch (keep) {
    case 'all':
      return length;
    case 'all but one':
      return Math.max(length - 1, 0);
    case 'half':
      return Math.floor(length / 2);
    case 'nothing':
      return 0;
    case 'too much':
      return length + 1;
  }
}

/** What is not sent stays. */
function changed(before: Mirrored, keep: number, messages: readonly Said[], edit: MirrorEdit): Mirrored {
  const { instructions, tools } = before.manner;
  return {
    list: [...before.list.slice(0, keep), ...messages],
    manner: { instructions: edit.instructions ?? instructions, tools: edit.tools ?? tools },
  };
}

function outcomeOf(next: Mirrored | undefined, edit: MirrorEdit): MirrorOutcome {
  if (next === undefined) return refused('too much kept', 'unknown_mirror', edit);
  if (edit.flaw === 'unreadable') return refused('unreadable', 'bad_request', edit);
  if (next.list.length > mirrorLimits.messages) return refused('too large', 'too_large', edit);
  return edit.flaw === 'none' ? { type: 'served', ...next } : refused('flawed', 'bad_request', edit);
}

/** Where more is wrong, the protocol does not say what is told. */
function refused(
  type: Exclude<MirrorOutcome['type'], 'served'>,
  code: ErrorCode,
  { flaw }: MirrorEdit,
): MirrorOutcome {
  return { type, refusal: flaw === 'none' ? [code] : [code, 'bad_request'] };
}
