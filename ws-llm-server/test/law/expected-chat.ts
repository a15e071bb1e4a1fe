/**
 * One chat as its client knows it, whichever dialect: what may arrive, how it may end, and what the model must have seen of it.
 * Knows nothing of other chats.
 */
import { LawBroken } from './law-broken.ts';
import type { Said } from './memory.ts';
import type { ModelSide } from './model-switchboard.ts';
import { type NaturalEnd, naturalEnd, type ReplyDeadlines, type ReplyPlan } from './reply-plan.ts';

/** How long a request to the model may be open after its reply has ended, in milliseconds: far more than a busy machine needs. */
export const outliveMs = 1_000;
/** As generous, and less than what the server's own deadlines are longer than those of a hurried client. */
const overdueMs = 2_000;
const maxAttempts = 3;

export interface End {
  at: number;
  /** What the client learned; without a code where its dialect has none. */
  result:
    | { type: 'complete'; reason: string | undefined }
    | { type: 'error'; code: string | undefined; retryable?: boolean; retryAfterMs?: number | undefined };
}

export class ExpectedChat {
  readonly key: string;
  readonly plan: ReplyPlan;
  readonly place: 'thread' | 'alone';
  readonly messages: readonly Said[];
  readonly side: ModelSide;
  readonly deadlines: ReplyDeadlines;
  /** Whether it ended by a deadline that it should have kept: the machine is too slow, or the server is. */
  slow = false;
  /** A `cancel` or `reset` that hits it was sent. */
  cancelled = false;
  /** Whether the server says that it asked the model; undefined where it did not say. */
  began: boolean | undefined;
  text = '';
  firstContentAt: number | undefined;
  #lastContentAt = 0;
  end: End | undefined;
  readonly #natural: NaturalEnd;

  constructor(options: Pick<ExpectedChat, 'key' | 'plan' | 'place' | 'messages' | 'side' | 'deadlines'>) {
    this.key = options.key;
    this.plan = options.plan;
    this.place = options.place;
    this.messages = options.messages;
    this.side = options.side;
    this.deadlines = options.deadlines;
    this.#natural = naturalEnd(options.key, options.plan);
  }

  delta(content: string, at: number): void {
    if (this.end !== undefined) throw new LawBroken('nothing follows an end', `text for ${this.key}`);
    if (content === '') throw new LawBroken('a delta is never empty', this.key);
    this.firstContentAt ??= at;
    this.#lastContentAt = at;
    this.text += content;
    if (!this.#natural.content.startsWith(this.text)) {
      throw new LawBroken('deltas are what the model sent', `${this.key} got ${JSON.stringify(this.text)}`);
    }
  }

  ended(end: End): void {
    if (this.end !== undefined) throw new LawBroken('a request ends once', `${this.key} ended again`);
    this.end = end;
    const wrong = this.#objection(end);
    if (wrong !== undefined) {
      throw new LawBroken('a reply ends as its model did', `${this.key} (${this.plan.trouble}): ${wrong}`);
    }
  }

  /** Before this it cannot have ended by itself, in milliseconds of `performance.now`: it waits for a silence, or was never begun. */
  get earliestEndAt(): number {
    const askedAt = this.side.askedAt[0] ?? Infinity;
    const { first_token_ms: firstTokenMs, idle_ms: idleMs, total_ms: totalMs } = this.deadlines;
    if (this.cancelled) return -Infinity;
    if (this.plan.trouble === 'silent at first') return askedAt + firstTokenMs;
    if (this.plan.trouble === 'silent later') return askedAt + idleMs;
    if (this.plan.trouble === 'endless') return askedAt + totalMs;
    return askedAt === Infinity ? Infinity : -Infinity;
  }

  /** What its thread remembers of it. */
  get remembered(): Said[] {
    if (this.end?.result.type !== 'complete') return [];
    if (this.end.result.reason === 'cancelled' && this.text === '') return [];
    return [...this.messages, { role: 'assistant', content: this.text }];
  }

  /** Holds what the model saw against `history`, which is what it should have seen. */
  checkSeen(history: readonly Said[]): void {
    const expected = JSON.stringify(history);
    for (const { messages } of this.side.seen) {
      const seen = JSON.stringify(messages.slice(1).map(({ role, content }) => ({ role, content })));
      if (seen !== expected || messages[0]?.role !== 'system') {
        throw new LawBroken(
          'the model sees what the thread remembers',
          `${this.key} saw ${seen} not ${expected}`,
        );
      }
    }
    const { askedAt } = this.side;
    if (this.began !== undefined && this.began !== askedAt.length > 0)
      throw new LawBroken('what never began was never asked', this.key);
    if (askedAt.length > maxAttempts)
      throw new LawBroken('attempts are bounded', `${this.key}: ${askedAt.length}`);
    const last = askedAt.at(-1) ?? -Infinity;
    if (askedAt.length > 1 && last > (this.firstContentAt ?? Infinity))
      throw new LawBroken('no attempt after content', this.key);
    if (last > (this.end?.at ?? Infinity)) throw new LawBroken('no attempt after the end', this.key);
  }

  #objection({ at, result }: End): string | undefined {
    const natural = this.#natural;
    if (result.type === 'complete' && result.reason === 'cancelled') {
      return this.cancelled ? undefined : 'cancelled, and nobody asked for it';
    }
    const isTimeout = result.type === 'error' && (result.code ?? 'backend_timeout') === 'backend_timeout';
    if (isTimeout && this.#isPastDeadline(at)) {
      if (this.#isOverdue(at)) return 'long after its deadline';
      this.slow = natural.type !== 'error' || !natural.codes.includes('backend_timeout');
      return undefined;
    }
    if (result.type !== natural.type) return `${result.type} instead of ${natural.type}`;
    if (natural.text === 'whole' && this.text !== natural.content) {
      return `the text is ${JSON.stringify(this.text)}, not ${JSON.stringify(natural.content)}`;
    }
    if (result.type === 'complete' && natural.type === 'complete') {
      if (result.reason === undefined || result.reason === natural.reason) return undefined;
      return `${result.reason} instead of ${natural.reason}`;
    }
    if (result.type !== 'error' || natural.type !== 'error' || result.code === undefined) return undefined;
    const isExpected =
      natural.codes.some((code) => code === result.code) &&
      result.retryable === natural.retryable &&
      result.retryAfterMs === natural.retryAfterMs;
    return isExpected ? undefined : `unexpected ${JSON.stringify(result)}`;
  }

  #isOverdue(at: number): boolean {
    const { first_token_ms: firstTokenMs, idle_ms: idleMs, total_ms: totalMs } = this.deadlines;
    const askedAt = this.side.askedAt[0] ?? at;
    const silenceEnds =
      this.firstContentAt === undefined ? askedAt + firstTokenMs : this.#lastContentAt + idleMs;
    return at > Math.min(silenceEnds, askedAt + totalMs) + overdueMs;
  }

  /** Less a little: what is measured here is when frames arrive, and timers may be early by a millisecond. */
  #isPastDeadline(at: number): boolean {
    const { first_token_ms: firstTokenMs, idle_ms: idleMs, total_ms: totalMs } = this.deadlines;
    const sinceMs = at - (this.side.askedAt[0] ?? Infinity) + 2;
    if (sinceMs >= totalMs) return true;
    return this.firstContentAt === undefined
      ? sinceMs >= firstTokenMs
      : at - this.#lastContentAt >= idleMs * 0.8;
  }
}
