/**
 * What the model is told to do for one request, and how a reply to it may end when nobody interferes.
 * Pure: knows the fake model's behaviours and the protocol's codes, and nothing of sockets.
 */
import type { ErrorCode } from '@ws-llm/protocol';
import fc from 'fast-check';
import type { Behaviour } from '../../../test/stand-ins/model/behaviour.ts';

/** What goes wrong, or what is special, with a reply. */
export const troubles = [
  'none',
  'split characters',
  'refused',
  '401',
  '429',
  '500',
  '500, then well',
  'silent at first',
  'silent later',
  'cut',
  'malformed',
  'reset',
  'error in stream',
  'endless',
  'too long',
] as const;
export type Trouble = (typeof troubles)[number];

/** Those that send content, so that something can happen in the middle of them. */
export const talkingTroubles: readonly Trouble[] = troubles.filter(
  (trouble) => !['refused', '401', '429', '500', 'silent at first'].includes(trouble),
);

export interface ReplyPlan {
  trouble: Trouble;
  tokens: number;
  /** Tokens before the trouble. */
  after: number;
  firstTokenMs: number;
  tokenMs: number;
  /** Of `split characters`. */
  pieceBytes: number;
  /** Whether the client leaves time for a second attempt. */
  patient: boolean;
  /** Whether it ends late by itself where it could end soon by a deadline: only for requests to which something else happens. */
  lasting: boolean;
}

const choices = {
  trouble: fc.constantFrom(...troubles),
  tokens: fc.integer({ min: 4, max: 6 }),
  after: fc.constantFrom(0, 2, 3),
  firstTokenMs: fc.constantFrom(0, 0, 8),
  tokenMs: fc.constantFrom(0, 4, 12),
  // Anywhere in a character, and not so small that a reply takes hundreds of turns of a busy loop.
  pieceBytes: fc.integer({ min: 23, max: 90 }),
  patient: fc.boolean(),
  lasting: fc.constant(false),
};

export const replyPlan: fc.Arbitrary<ReplyPlan> = fc.record(choices);

/** Sends content, and takes its time before the trouble comes. Something ends it. */
export const midReplyPlan: fc.Arbitrary<ReplyPlan> = fc.record({
  ...choices,
  trouble: fc.constantFrom(...talkingTroubles),
  after: fc.constant(3),
  tokenMs: fc.constant(20),
  lasting: fc.boolean(),
});

const quickTroubles = troubles.filter((trouble) => !isSlow(trouble));

/** Keeps others waiting. */
export const slowReplyPlan: fc.Arbitrary<ReplyPlan> = fc.record({
  ...choices,
  trouble: fc.constantFrom(...troubles.filter(isSlow)),
  after: fc.constant(3),
  firstTokenMs: fc.constant(8),
  tokenMs: fc.constant(12),
});

/** Mostly over at once: what happens to a reply that has only begun meets the others often enough. Something ends it. */
export const quickReplyPlan: fc.Arbitrary<ReplyPlan> = fc.record({
  ...choices,
  trouble: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...quickTroubles) },
    { weight: 3, arbitrary: choices.trouble },
  ),
  lasting: fc.boolean(),
});

function isSlow(trouble: Trouble): boolean {
  return trouble === 'silent at first' || talkingTroubles.includes(trouble);
}

/** The longest reply that the server under test passes on, in characters. */
export const replyChars = 3_000;
const retryAfterSeconds = 7;

/** Every token names its request, so that text of another one is noticed wherever it turns up. */
function tokensOf(key: string, { trouble, tokens }: ReplyPlan): string[] {
  const count = trouble === 'endless' ? 1_000 : tokens;
  const filler = trouble === 'too long' ? 'x'.repeat(1_000) : '';
  return Array.from({ length: count }, (_, index) => `${key}·${index}é😀${filler} `);
}

/** `undefined`: nobody answers at the model's address. */
export function behaviourOf(key: string, plan: ReplyPlan, attempt: number): Behaviour | undefined {
  const { firstTokenMs, tokenMs, pieceBytes, trouble, after } = plan;
  const well: Behaviour = { tokens: tokensOf(key, plan), firstTokenMs, tokenMs };
  switch (trouble) {
    case 'none':
    case 'too long':
      return well;
    case 'endless':
      return { ...well, tokenMs: 20 };
    case 'split characters':
      return { ...well, pieceBytes };
    case 'refused':
      return undefined;
    case '401':
    case '500':
      return { ...well, failure: { type: 'status', status: Number(trouble) } };
    case '429':
      return { ...well, failure: { type: 'status', status: 429, retryAfter: String(retryAfterSeconds) } };
    case '500, then well':
      return attempt === 1 ? { ...well, failure: { type: 'status', status: 500 } } : well;
    case 'silent at first':
      return { ...well, failure: { type: 'silent', after: 0 } };
    case 'silent later':
      return { ...well, failure: { type: 'silent', after: Math.max(after, 1) } };
    case 'cut':
    case 'malformed':
    case 'reset':
      return { ...well, failure: { type: trouble, after } };
    case 'error in stream':
      return { ...well, failure: { type: 'error', after, message: 'the model fell over' } };
  }
}

export interface ReplyDeadlines {
  first_token_ms: number;
  idle_ms: number;
  total_ms: number;
}

/** The `deadlines` of a v1 request: short where a silence is waited for, absent where the reply should have its time. */
export function deadlinesOf({ trouble, patient, lasting }: ReplyPlan): Partial<ReplyDeadlines> | undefined {
  if (lasting) return undefined;
  switch (trouble) {
    case 'silent at first':
      return { first_token_ms: 50 };
    case 'silent later':
      return { idle_ms: 60 };
    case 'endless':
      return { total_ms: 90 };
    case 'none':
    case 'split characters':
    case 'too long':
    case '500, then well':
      return undefined;
    case 'refused':
    case '401':
    case '429':
    case '500':
    case 'cut':
    case 'malformed':
    case 'reset':
    case 'error in stream':
      // Shorter than the pause before a second attempt.
      return patient ? undefined : { first_token_ms: 150 };
  }
}

/** The `deadlines` of a `warm`: the same, but that it waits for a model to be idle at the cost of its own time. */
export function warmDeadlinesOf({ trouble }: ReplyPlan): Partial<ReplyDeadlines> | undefined {
  switch (trouble) {
    case 'silent at first':
    case 'silent later':
    case 'endless':
      return { total_ms: 100 };
    default:
      return undefined;
  }
}

/** How a reply ends by itself. */
export type NaturalEnd = { text: 'whole' | 'prefix'; content: string } & (
  | { type: 'complete'; reason: 'stop' | 'length' }
  | { type: 'error'; codes: readonly ErrorCode[]; retryable: boolean; retryAfterMs?: number }
);

export function naturalEnd(key: string, plan: ReplyPlan): NaturalEnd {
  const tokens = tokensOf(key, plan);
  const all = { text: 'whole', content: tokens.join('') } as const;
  const partial = { text: 'whole', content: tokens.slice(0, plan.after).join('') } as const;
  const none = { text: 'whole', content: '' } as const;
  switch (plan.trouble) {
    case 'none':
    case 'split characters':
    case '500, then well':
      return { type: 'complete', reason: 'stop', ...all };
    case 'too long':
      return { type: 'complete', reason: 'length', text: 'prefix', content: all.content };
    case 'refused':
    case '500':
      return { type: 'error', codes: ['backend_unavailable'], retryable: true, ...none };
    case '401':
      return { type: 'error', codes: ['backend_failed'], retryable: false, ...none };
    case '429': {
      const retryAfterMs = retryAfterSeconds * 1_000;
      return { type: 'error', codes: ['rate_limited'], retryable: true, retryAfterMs, ...none };
    }
    case 'silent at first':
      return { type: 'error', codes: ['backend_timeout'], retryable: true, ...none };
    case 'silent later':
    case 'endless':
      return {
        type: 'error',
        codes: ['backend_timeout'],
        retryable: true,
        text: 'prefix',
        content: all.content,
      };
    case 'cut':
    case 'malformed':
    case 'error in stream':
      return { type: 'error', codes: ['backend_failed'], retryable: true, ...partial };
    case 'reset':
      // What was on its way is lost with the connection, the answer's head included.
      return {
        type: 'error',
        codes: ['backend_failed', 'backend_unavailable'],
        retryable: true,
        text: 'prefix',
        content: partial.content,
      };
  }
}
