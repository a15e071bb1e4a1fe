/** What one client does, and what is done to it, in one case: choices that make sense whatever happened before. */
import fc from 'fast-check';
import type { Behaviour } from '../stand-ins/model/behaviour.ts';

export type Step =
  /** `asks`: opens where nothing is open; otherwise it is left out then. */
  | { type: 'chat'; place: 'thread' | 'alone'; model: ModelName; asks: boolean }
  | { type: 'warm' }
  | { type: 'reset' }
  /** `back` counts requests from the newest. */
  | { type: 'cancel'; back: number }
  | { type: 'await'; back: number }
  | { type: 'pause'; ms: number }
  /** The line is cut. */
  | { type: 'cut' }
  /** The line goes dead, and nobody is told. */
  | { type: 'freeze' }
  /** Another server is there, and this one says `closing`. Hurried: perhaps to a socket that is new. */
  | { type: 'roll'; graceMs: number; hurried: boolean }
  /** This one says `closing`, and for a while nobody is there. */
  | { type: 'restart'; graceMs: number; awayMs: number }
  /** The client closes the channel that it has. */
  | { type: 'leave' };

export interface Script {
  steps: Step[];
  /**
   * Calm: nothing happens but servers that follow each other and take their time, so nothing may be lost, and no moment be without one.
   * Dead: lines go dead, which both sides notice so soon that a busy machine may be taken for a dead line as well.
   */
  kind: 'calm' | 'rough' | 'dead';
}

const words = ['Sleep ', 'is ', 'the ', 'best ', 'meditation.'];
/** The whole reply of every model that does not fail. */
export const wholeReply = words.join('');

/** How a model answers. */
export const models = {
  quick: { tokens: words },
  slow: { tokens: words, firstTokenMs: 15, tokenMs: 10 },
  endless: { tokens: words, firstTokenMs: 5, tokenMs: 60 },
  silent: { tokens: words, failure: { type: 'silent', after: 0 } },
  cut: { tokens: words, failure: { type: 'cut', after: 2 } },
  reset: { tokens: words, failure: { type: 'reset', after: 3 } },
  refusing: { tokens: words, failure: { type: 'status', status: 401 } },
} as const satisfies Record<string, Behaviour>;
type ModelName = keyof typeof models;

const one = fc.constant;
const back = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);
const chat: fc.Arbitrary<Step> = fc.record({
  type: one('chat'),
  place: fc.constantFrom<'thread' | 'alone'>('thread', 'alone'),
  model: fc.constantFrom<ModelName>('quick', 'slow', 'slow', 'endless', 'silent', 'cut', 'reset', 'refusing'),
  asks: fc.boolean(),
});
const pause: fc.Arbitrary<Step> = fc.record({ type: one('pause'), ms: fc.integer({ min: 0, max: 25 }) });

/** What a client does by itself. */
const own: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: chat },
  { weight: 3, arbitrary: one<Step>({ type: 'warm' }) },
  { weight: 2, arbitrary: one<Step>({ type: 'reset' }) },
  { weight: 4, arbitrary: fc.record({ type: one('cancel'), back }) },
  { weight: 4, arbitrary: fc.record({ type: one('await'), back }) },
  { weight: 4, arbitrary: pause },
);

/** A server that lets everything end. */
export const patientMs = 20_000;
const patience = fc.constantFrom(patientMs, patientMs, 0, 20);
const strikes: Record<Script['kind'], fc.Arbitrary<Step>> = {
  calm: one({ type: 'roll', graceMs: patientMs, hurried: false }),
  rough: fc.oneof(
    { weight: 3, arbitrary: one<Step>({ type: 'cut' }) },
    { weight: 3, arbitrary: fc.record({ type: one('roll'), graceMs: patience, hurried: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: one('restart'),
        graceMs: patience,
        awayMs: fc.integer({ min: 0, max: 30 }),
      }),
    },
    { weight: 1, arbitrary: one<Step>({ type: 'leave' }) },
  ),
  dead: one({ type: 'freeze' }),
};

function scriptOf(kind: Script['kind'], maxRounds: number): fc.Arbitrary<Script> {
  const some = fc.array(own, { minLength: 1, maxLength: 6, size: 'max' });
  // Often something has come by then, and is the better half of what is lost.
  const moment = fc.constantFrom(0, 20, 60).map((ms): Step => ({ type: 'pause', ms }));
  const round = fc.tuple(some, moment, strikes[kind]).map(([before, ...last]) => [...before, ...last]);
  const rounds = fc.array(round, { minLength: 1, maxLength: maxRounds, size: 'max' });
  return fc.tuple(rounds, some).map(([before, after]) => ({ steps: [...before.flat(), ...after], kind }));
}

export const scripts: fc.Arbitrary<Script> = fc.oneof(
  { weight: 6, arbitrary: scriptOf('rough', 3) },
  { weight: 3, arbitrary: scriptOf('calm', 3) },
  { weight: 1, arbitrary: scriptOf('dead', 1) },
);
