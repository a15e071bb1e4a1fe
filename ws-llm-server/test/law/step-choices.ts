/** Single steps of a script, in random choices. */
import fc from 'fast-check';
import { type ReplyPlan, replyPlan } from './reply-plan.ts';
import type { Ending, Moment, Place, Seat, Step, ThreadName } from './step.ts';

const one = fc.constant;
export const back = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);
const turns = fc.constantFrom<1 | 2>(1, 1, 2);
export const soon = fc.constantFrom<Moment>('now', 'now', 'asked', 'content', 'content');

export const pause: fc.Arbitrary<Step> = fc.record({
  type: one('pause'),
  ms: fc.integer({ min: 0, max: 12 }),
});
export const awaiting: fc.Arbitrary<Step> = fc.record({
  type: one('await'),
  back,
  moment: fc.constantFrom<Moment>('asked', 'content', 'ended'),
});
/** Until the newest request has ended. */
export const ended: Step = { type: 'await', back: 0, moment: 'ended' };

export function chat(
  place: fc.Arbitrary<Place>,
  plan: fc.Arbitrary<ReplyPlan> = replyPlan,
): fc.Arbitrary<Step> {
  return fc.record({ type: one('chat'), place, plan, turns });
}

export function warm(place: fc.Arbitrary<Place>): fc.Arbitrary<Step> {
  return fc.record({ type: one('warm'), place, plan: replyPlan, turns });
}

export function cancel(at: fc.Arbitrary<Moment>, target: fc.Arbitrary<number> = one(0)): fc.Arbitrary<Step> {
  return fc.record({
    type: one('cancel'),
    back: target,
    moment: at,
    fenced: fc.constantFrom(true, true, false),
  });
}

export function reset(
  at: fc.Arbitrary<Moment>,
  name?: ThreadName,
  target: fc.Arbitrary<number> = one(0),
): fc.Arbitrary<Step> {
  return fc.record({
    type: one('reset'),
    back: target,
    moment: at,
    ...(name !== undefined && { name: one(name) }),
  });
}

export type Loss = Extract<Ending, { type: 'loss' }>;

export function loss(
  at: fc.Arbitrary<Moment>,
  by: fc.Arbitrary<Seat> = one('one'),
  target: fc.Arbitrary<number> = one(0),
): fc.Arbitrary<Loss> {
  return fc.record({
    type: one('loss'),
    by,
    how: fc.constantFrom<'closed' | 'torn'>('closed', 'torn'),
    back: target,
    moment: at,
  });
}
