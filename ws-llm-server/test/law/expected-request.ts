/**
 * What a request of either kind has, as its client knows it: how it may be refused, and what the model must have seen of it. Knows
 * nothing of other requests.
 */
import { type ErrorCode, isRetryableError } from '@ws-llm/protocol';
import { awakeMs, hasStarvedSince } from './awake-clock.ts';
import { LawBroken } from './law-broken.ts';
import { asSeen, type Said } from './memory.ts';
import type { ModelSide } from './model-switchboard.ts';
import type { ReplyDeadlines, ReplyPlan } from './reply-plan.ts';

/** How long a request to the model may be open after its own request has ended, in milliseconds of the awake clock: far more than it needs. */
export const outliveMs = 1_000;
/** As generous, and less than what the server's own deadlines are longer than those of a hurried client. */
export const overdueMs = 2_000;
const maxAttempts = 3;
/** The persona of the servers under test. */
export const lawPrompt = 'You are a test.';

export interface End {
  at: number;
  /** What the client learned; without a code where its dialect has none. */
  result:
    | { type: 'complete'; reason: string | undefined }
    | { type: 'warmed' }
    | {
        type: 'error';
        code: string | undefined;
        retryable?: boolean | undefined;
        retryAfterMs?: number | undefined;
      };
}

/** What goes with a history to the model. */
export interface Manner {
  instructions: string | undefined;
  /** Names of tools. */
  tools: readonly string[];
}

export interface ExpectedRequestOptions {
  /** Its id where its dialect has ids, and what its model knows it by. */
  key: string;
  /** Of its connection. */
  owner: string;
  plan: ReplyPlan;
  messages: readonly Said[];
  side: ModelSide;
  deadlines: ReplyDeadlines;
  manner?: Manner;
  /** It is refused at once, with one of these. */
  refusal?: readonly ErrorCode[] | undefined;
}

export abstract class ExpectedRequest {
  abstract readonly type: 'chat' | 'warm';
  readonly key: string;
  readonly owner: string;
  readonly plan: ReplyPlan;
  readonly messages: readonly Said[];
  readonly side: ModelSide;
  readonly deadlines: ReplyDeadlines;
  /** Whether it ended by a deadline that it should have kept: the machine is too slow, or the server is. */
  slow = false;
  /** A `cancel` or `reset` that hits it was sent. */
  cancelled = false;
  end: (End & { /** By the awake clock. */ awakeAt: number }) | undefined;
  readonly #madeAt = performance.now();
  readonly #manner: Manner;
  readonly #refusal: readonly ErrorCode[] | undefined;

  constructor(options: ExpectedRequestOptions) {
    this.key = options.key;
    this.owner = options.owner;
    this.plan = options.plan;
    this.messages = options.messages;
    this.side = options.side;
    this.deadlines = options.deadlines;
    this.#manner = options.manner ?? { instructions: undefined, tools: [] };
    this.#refusal = options.refusal;
  }

  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  /** Whether the model was asked. */
  get began(): boolean {
    return this.side.askedAt.length > 0;
  }

  /** @throws LawBroken where it should not end so, or has ended before */
  ended(end: End): void {
    if (this.end !== undefined) throw new LawBroken('a request ends once', `${this.key} ended again`);
    this.end = { ...end, awakeAt: awakeMs() };
    const wrong = this.#refusal === undefined ? this.objection(end) : this.#objectionToRefusal(end);
    const isStarved = end.result.type === 'error' && !this.isRefused && hasStarvedSince(this.#madeAt);
    if (wrong !== undefined && isStarved) this.slow = true;
    else if (wrong !== undefined) {
      throw new LawBroken('a request ends as its model did', `${this.key} (${this.plan.trouble}): ${wrong}`);
    }
  }

  /** Why a request that is served cannot end like that. */
  protected abstract objection(end: End): string | undefined;

  /** Whether models saw `history` and nothing else, as far as they saw anything. */
  hasSeenOnly(history: readonly Said[]): boolean {
    return this.#wronglySeen(history) === undefined;
  }

  /** Holds what models saw against `history`, which is what they should have seen. */
  checkSeen(history: readonly Said[]): void {
    const wrong = this.#wronglySeen(history);
    if (wrong !== undefined) {
      const expected = `${asSeen(history)} ${JSON.stringify(this.#manner)}`;
      throw new LawBroken('the model sees what is remembered', `${this.key} saw ${wrong} not ${expected}`);
    }
  }

  checkAttempts(): void {
    const { askedAt } = this.side;
    if (this.isRefused && this.began) throw new LawBroken('what is refused is never asked', this.key);
    if (askedAt.length > maxAttempts)
      throw new LawBroken('attempts are bounded', `${this.key}: ${askedAt.length}`);
    if ((askedAt.at(-1) ?? -Infinity) > (this.end?.at ?? Infinity))
      throw new LawBroken('no attempt after the end', this.key);
    if (this.side.hasIntruded)
      throw new LawBroken('a model is warmed only while it is idle', `${this.key} began during a reply`);
  }

  #wronglySeen(history: readonly Said[]): string | undefined {
    const { instructions, tools } = this.#manner;
    const system = instructions === undefined ? lawPrompt : `${lawPrompt}\n\n${instructions}`;
    const expected = asSeen([{ role: 'system', content: system }, ...history]);
    for (const { messages, tools: seenTools } of this.side.seen) {
      const seen = JSON.stringify(messages.map(({ role, content }) => ({ role, content })));
      if (seen !== expected || seenTools.join() !== tools.join()) return `${seen} with ${seenTools.join()}`;
    }
    return undefined;
  }

  #objectionToRefusal({ result }: End): string | undefined {
    const code = this.#refusal?.find((one) => result.type === 'error' && result.code === one);
    if (code === undefined) return `${JSON.stringify(result)} instead of ${this.#refusal?.join(' or ')}`;
    return result.type === 'error' && result.retryable !== isRetryableError(code)
      ? JSON.stringify(result)
      : undefined;
  }
}
