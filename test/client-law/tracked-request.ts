/** One request as its reader sees it, and which ends it may come to. Knows nothing of how it was asked. */
import type { ReplyEnd, ReplyPart, ReplySink, WarmEnd } from '@ws-llm/client';
import { LawBroken } from './law-broken.ts';
import { wholeReply } from './script.ts';

/** Ends that nobody's model brings about; each has to have a cause. */
export type Excuse = 'lost' | 'cancelled' | 'overloaded';

export class TrackedRequest implements ReplySink {
  readonly what: 'chat' | 'warm' | 'reset';
  readonly place: 'thread' | 'alone';
  id = '';
  cancel: () => void = () => {};
  readonly #excuses = new Set<Excuse>();
  readonly #onEnd: () => void;
  #text = '';
  #end: ReplyEnd | WarmEnd | { type: 'done' } | undefined;
  #broken: LawBroken | undefined;

  constructor(what: TrackedRequest['what'], place: TrackedRequest['place'], onEnd: () => void) {
    this.what = what;
    this.place = place;
    this.#onEnd = onEnd;
  }

  /** How it ended, in a word. */
  get how(): string {
    const end = this.#end;
    if (end?.type === 'complete') return end.finishReason;
    return end?.type === 'failed' ? String(end.code) : String(end?.type);
  }

  get open(): boolean {
    return this.#end === undefined;
  }

  /** From now on it may end so; not, if it has ended before. */
  excuse(...excuses: Excuse[]): void {
    if (this.open) for (const excuse of excuses) this.#excuses.add(excuse);
  }

  part(part: ReplyPart): void {
    if (!this.open) this.#breaks('nothing follows an end', `${part.type} after ${this.#end?.type}`);
    if (part.type === 'text') this.#text += part.text;
  }

  end(end: ReplyEnd | WarmEnd | { type: 'done' }): void {
    if (!this.open) this.#breaks('a request ends once', `${end.type} after ${this.#end?.type}`);
    this.#end = end;
    this.#onEnd();
  }

  /** @throws LawBroken */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken;
    const text = JSON.stringify(this.#text);
    if (!wholeReply.startsWith(this.#text)) this.#breaks('text is what the model sent', text);
    const objection = this.#objection();
    if (objection !== undefined) this.#breaks('a request ends for a reason', objection);
    if (this.#broken !== undefined) throw this.#broken;
  }

  #objection(): string | undefined {
    const end = this.#end;
    switch (end?.type) {
      case undefined:
      case 'warmed':
      case 'done':
        return undefined;
      case 'complete':
        if (end.finishReason === 'cancelled') return this.#unlessExcused('cancelled');
        return this.#text === wholeReply ? undefined : `complete with ${JSON.stringify(this.#text)}`;
      case 'cancelled':
        return this.#unlessExcused('cancelled');
      case 'lost':
        return this.#unlessExcused('lost', end.message);
      case 'failed':
        if (end.code === 'overloaded') return this.#unlessExcused('overloaded');
        return end.code?.startsWith('backend_') ? undefined : `${end.code}: ${end.message}`;
    }
  }

  #unlessExcused(excuse: Excuse, how = ''): string | undefined {
    return this.#excuses.has(excuse) ? undefined : `${excuse} for nothing ${how}`;
  }

  #breaks(law: string, how: string): void {
    this.#broken ??= new LawBroken(law, `${this.what} ${this.id}: ${how}`);
  }
}
