/**
 * Makes requests fit a model that takes only so much: which of the oldest turns go, and how many at once. Learns from refusals and from
 * what replies say that their prompts cost. One per backend; asks nobody, and its guesses never refuse a request.
 */
import type { BackendRequest, ContextRefusal } from '../backend.ts';
import { BoundedMap } from './bounded-map.ts';
import { LearntLimits } from './learnt-limits.ts';
import { measure, type MeasuredRequest, sum } from './measured-request.ts';

/** A request as it is to be asked. Sizes are in characters. */
export interface FittedRequest {
  request: BackendRequest;
  /** Of its conversation; undefined while the limit is not known, because nothing is remembered then. */
  key: string | undefined;
  /** Turns that went, the oldest. */
  droppedTurns: number;
  droppedMessages: number;
  /** Estimates; 0 while the limit is not known. */
  size: number;
  usedTokens: number;
  limitTokens: number;
}

/** What is remembered of a conversation, so that its next request is not refused again and begins with the same words. */
interface Known {
  tokensPerChar: number;
  droppedTurns: number;
}

/** English, and the usual tokenizers; other languages are learnt from the first reply. */
const usualTokensPerChar = 0.25;
/** A reply needs room too: what was asked for or this, but no more than a part of all. */
const usualReplyTokens = 512;
const largestReplyShare = 1 / 4;
/**
 * Where turns must go, so many go that the rest fills this share of what there is for turns. The next requests then begin with the same
 * words, and the model's prefix cache hits, until it is full again.
 */
const filledAgain = 0.7;
/** A cut that leaves less than this share was made for a longer conversation that began alike. */
const leastFilled = 0.25;

export class ContextFit {
  readonly #told: (model: string | undefined) => number | undefined;
  readonly #limits = new LearntLimits();
  readonly #known = new BoundedMap<Known>();
  #tokensPerChar = usualTokensPerChar;

  /** `told`: what the backend itself says that a model takes. */
  constructor(told: (model: string | undefined) => number | undefined) {
    this.#told = told;
  }

  /** As much of `request` as should fit. */
  fit(request: BackendRequest): FittedRequest {
    const limit = this.#limit(request.model);
    return limit === undefined ? untouched(request) : this.#cut(request, measure(request), limit, 0);
  }

  /** Less than `refused`, after the model said why; undefined where nothing more can go. `mostly`: all but the last turn. */
  shorten(
    original: BackendRequest,
    refused: FittedRequest,
    { limitTokens, usedTokens }: ContextRefusal,
    mostly: boolean,
  ): FittedRequest | undefined {
    const measured = measure(original);
    const size = refused.size === 0 ? measured.whole : refused.size;
    const known = this.#known.get(measured.key);
    const guess = (known?.tokensPerChar ?? this.#tokensPerChar) * size;
    const told = limitTokens ?? this.#limits.told(original.model) ?? this.#told(original.model);
    const limit = told ?? Math.floor(usedTokens ?? guess);
    if (limitTokens !== undefined) this.#limits.learn(original.model, limit, 'told');
    else if (told === undefined) this.#limits.learn(original.model, limit, 'tooMuch');
    const atLeastUsed = told === undefined ? guess : Math.max(guess, told);
    this.#known.set(measured.key, {
      tokensPerChar: (usedTokens ?? atLeastUsed) / size,
      droppedTurns: refused.droppedTurns,
    });
    const last = measured.turns.length - 1;
    const next = this.#cut(original, measured, limit, mostly ? last : 0);
    if (next.droppedTurns > refused.droppedTurns) return next;
    // Room for the reply may be all that was missing.
    if (next.request.params.maxTokens !== refused.request.params.maxTokens) return next;
    return refused.droppedTurns < last
      ? this.#cut(original, measured, limit, refused.droppedTurns + 1)
      : undefined;
  }

  /** What the prompt of `fitted` came to, as the model counted it. */
  answered({ request: { model }, key, size, droppedTurns }: FittedRequest, promptTokens: number): void {
    if (key === undefined || size === 0 || promptTokens <= 0) return;
    const learnt = this.#limits.get(model);
    if (learnt?.by === 'tooMuch' && droppedTurns > 0) {
      this.#limits.learn(
        model,
        Math.min(learnt.tokens, Math.ceil(promptTokens / (1 - largestReplyShare))),
        'enough',
      );
    }
    this.#tokensPerChar = promptTokens / size;
    this.#known.set(key, { tokensPerChar: this.#tokensPerChar, droppedTurns });
  }

  #limit(model: string | undefined): number | undefined {
    return this.#limits.get(model)?.tokens ?? this.#told(model);
  }

  #cut(
    request: BackendRequest,
    measured: MeasuredRequest,
    limitTokens: number,
    atLeast: number,
  ): FittedRequest {
    const { key, head, turns, fixed, sizes } = measured;
    const known = this.#known.get(key);
    const tokensPerChar = known?.tokensPerChar ?? this.#tokensPerChar;
    const { maxTokens } = request.params;
    const reply = Math.min(maxTokens ?? usualReplyTokens, limitTokens * largestReplyShare);
    const room = (limitTokens - reply) / tokensPerChar;
    const droppedTurns = Math.max(atLeast, turnsToDrop(measured, room, known?.droppedTurns ?? 0));
    const size = fixed + sum(sizes.slice(droppedTurns));
    const usedTokens = Math.ceil(size * tokensPerChar);
    if (known !== undefined) known.droppedTurns = droppedTurns;
    else this.#known.set(key, { tokensPerChar, droppedTurns });
    const isStrict = this.#limits.told(request.model) !== undefined;
    const roomForReply = Math.max(1, Math.floor((limitTokens - usedTokens) * 0.95));
    // Servers that name their limit refuse a reply that might not fit.
    const isReplyTooLong = isStrict && maxTokens !== undefined && maxTokens > roomForReply;
    return {
      request: {
        ...request,
        ...(droppedTurns > 0 && { messages: [...head, ...turns.slice(droppedTurns).flat()] }),
        ...(isReplyTooLong && { params: { ...request.params, maxTokens: roomForReply } }),
      },
      key,
      droppedTurns,
      droppedMessages: sum(turns.slice(0, droppedTurns).map((turn) => turn.length)),
      size,
      usedTokens,
      limitTokens,
    };
  }
}

function turnsToDrop({ fixed, sizes, whole }: MeasuredRequest, room: number, before: number): number {
  if (whole <= room) return 0;
  const roomForTurns = room - fixed;
  const last = sizes.length - 1;
  const left = sum(sizes.slice(before));
  if (before > 0 && before <= last && left <= roomForTurns && left >= roomForTurns * leastFilled)
    return before;
  let turns = whole - fixed;
  let dropped = 0;
  for (; dropped < last && turns > roomForTurns * filledAgain; dropped += 1) turns -= sizes[dropped] ?? 0;
  return dropped;
}

function untouched(request: BackendRequest): FittedRequest {
  return {
    request,
    key: undefined,
    droppedTurns: 0,
    droppedMessages: 0,
    size: 0,
    usedTokens: 0,
    limitTokens: 0,
  };
}
