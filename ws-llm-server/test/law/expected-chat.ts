/**
 * One chat as its client knows it, whichever dialect: what may arrive, and how it may end. Knows nothing of other chats.
 */
import { earlyMs, hasStalledSince } from './awake-clock.ts';
import { type End, ExpectedRequest, type ExpectedRequestOptions, overdueMs } from './expected-request.ts';
import { LawBroken } from './law-broken.ts';
import type { Said } from './memory.ts';
import { type NaturalEnd, naturalEnd, replyChars } from './reply-plan.ts';

/** Of the server under test, before a second attempt. */
const retryPauseMs = 200;

export interface ExpectedChatOptions extends ExpectedRequestOptions {
  heard?: { reply: string; content: string } | undefined;
}

export class ExpectedChat extends ExpectedRequest {
  override readonly type = 'chat';
  readonly heard: ExpectedChatOptions['heard'];
  /** Whether the server says that it asked the model; undefined where it did not say. */
  saysBegan: boolean | undefined;
  text = '';
  firstContentAt: number | undefined;
  #lastContentAt = 0;
  readonly #natural: NaturalEnd;

  constructor(options: ExpectedChatOptions) {
    super(options);
    this.heard = options.heard;
    this.#natural = naturalEnd(options.key, options.plan);
  }

  /** All that it may ever have said. */
  get mostText(): string {
    return this.#natural.content;
  }

  delta(content: string, at: number): void {
    if (this.end !== undefined) throw new LawBroken('nothing follows an end', `text for ${this.key}`);
    if (this.isRefused) throw new LawBroken('what is refused has no reply', `text for ${this.key}`);
    if (content === '') throw new LawBroken('a delta is never empty', this.key);
    this.firstContentAt ??= at;
    this.#lastContentAt = at;
    this.text += content;
    if (!this.#natural.content.startsWith(this.text)) {
      throw new LawBroken('deltas are what the model sent', `${this.key} got ${JSON.stringify(this.text)}`);
    }
  }

  /**
   * Before this it cannot have ended for `other`, which waits for it, in milliseconds of `performance.now`: it waits for a silence, or
   * was never begun.
   */
  earliestEndFor(other: ExpectedChat): number {
    const askedAt = this.side.askedAt[0] ?? Infinity;
    const { first_token_ms: firstTokenMs, idle_ms: idleMs, total_ms: totalMs } = this.deadlines;
    if (this.cancelled) return -Infinity;
    // Lost, and nobody knows when.
    if (this.end === undefined && other.owner !== this.owner) return -Infinity;
    if (this.plan.trouble === 'silent at first') return askedAt + firstTokenMs;
    if (this.plan.trouble === 'silent later') return askedAt + idleMs;
    if (this.plan.trouble === 'endless') return askedAt + totalMs;
    return askedAt === Infinity ? Infinity : -Infinity;
  }

  /** What its thread remembers of it, once it has ended. */
  get remembered(): Said[] {
    if (this.end?.result.type !== 'complete') return [];
    if (this.end.result.reason === 'cancelled' && this.text === '') return [];
    return this.rememberedWith(this.text);
  }

  rememberedWith(text: string): Said[] {
    return [...this.messages, { role: 'assistant', content: text, reply: this.key }];
  }

  override checkAttempts(): void {
    super.checkAttempts();
    const { askedAt } = this.side;
    if (this.saysBegan !== undefined && this.saysBegan !== this.began)
      throw new LawBroken('what never began was never asked', this.key);
    if (askedAt.length > 1 && (askedAt.at(-1) ?? 0) > (this.firstContentAt ?? Infinity))
      throw new LawBroken('no attempt after content', this.key);
  }

  protected override objection({ at, result }: End): string | undefined {
    if (result.type === 'complete' && result.reason === 'cancelled') {
      return this.cancelled ? undefined : 'cancelled, and nobody asked for it';
    }
    const natural = this.#natural;
    const wrong = this.#objectionToNature(result);
    const waitsForSilence = natural.type === 'error' && natural.codes.includes('backend_timeout');
    const isTimeout = result.type === 'error' && (result.code ?? 'backend_timeout') === 'backend_timeout';
    if (wrong !== undefined && this.#isGivenUp(result, at)) {
      this.slow = true;
      return undefined;
    }
    if (!isTimeout || (wrong === undefined && !waitsForSilence)) return wrong;
    if (!this.#isPastDeadline(at)) return wrong;
    if (this.#isOverdue(at)) return 'long after its deadline';
    this.slow = !waitsForSilence;
    return undefined;
  }

  /** Why it is not how it ends where it has its time. */
  #objectionToNature(result: End['result']): string | undefined {
    const natural = this.#natural;
    if (this.text.length > replyChars) {
      const isCut = result.type === 'complete' && (result.reason ?? 'length') === 'length';
      return isCut ? undefined : 'an end that is not for its length';
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

  /** What a second attempt would have made good, and there was no time for one. */
  #isGivenUp(result: End['result'], at: number): boolean {
    if (this.plan.trouble !== '500, then well' || result.type !== 'error' || this.text !== '') return false;
    const askedAt = this.side.askedAt[0] ?? Infinity;
    const isLate = at - askedAt + retryPauseMs + earlyMs >= this.deadlines.first_token_ms;
    return (
      (result.code ?? 'backend_unavailable') === 'backend_unavailable' && (isLate || hasStalledSince(askedAt))
    );
  }

  #isOverdue(at: number): boolean {
    const { first_token_ms: firstTokenMs, idle_ms: idleMs, total_ms: totalMs } = this.deadlines;
    const askedAt = this.side.askedAt[0] ?? at;
    const silenceEnds =
      this.firstContentAt === undefined ? askedAt + firstTokenMs : this.#lastContentAt + idleMs;
    return at > Math.min(silenceEnds, askedAt + totalMs) + overdueMs && !hasStalledSince(askedAt);
  }

  /** Less a little: what is measured here is when frames arrive. */
  #isPastDeadline(at: number): boolean {
    const { first_token_ms: firstTokenMs, idle_ms: idleMs, total_ms: totalMs } = this.deadlines;
    const askedAt = this.side.askedAt[0] ?? Infinity;
    const sinceMs = at - askedAt + earlyMs;
    if (sinceMs >= totalMs || hasStalledSince(askedAt)) return true;
    return this.firstContentAt === undefined
      ? sinceMs >= firstTokenMs
      : at - this.#lastContentAt + earlyMs >= idleMs;
  }
}
