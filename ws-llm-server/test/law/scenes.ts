/** Scenes: the shortest way to one operation on one stage of a request, so that rare cells are hit as well. */
import fc from 'fast-check';
import { flawedMirror, heardOn, mirrored, ownThread, type ThreadPlace } from './place-choices.ts';
import { midReplyPlan, quickReplyPlan, replyPlan, slowReplyPlan } from './reply-plan.ts';
import { cancel, chat, ended, soon, warm } from './step-choices.ts';
import type { Moment, Place, Seat, Step } from './step.ts';

/** What happens to a request, when it is at that moment: the caller's. */
export type Strike<T> = (at: fc.Arbitrary<Moment>) => fc.Arbitrary<T>;

/** What leads to it, and the strike. */
type Scene<T> = fc.Arbitrary<[Step[], T]>;

const atOnce = fc.constantFrom<Moment>('now', 'asked');

/** Of a chat that waits for another one. */
export function ofWaiting<T>(thread: fc.Arbitrary<Place>, strike: Strike<T>): Scene<T> {
  const waiting = thread.chain((place) =>
    fc.tuple(chat(fc.constant(place), slowReplyPlan), chat(fc.constant(place))),
  );
  return fc.tuple(waiting, strike(fc.constant('now')));
}

/** Of a chat that has just begun, or is in the middle. */
export function ofRunning<T>(place: fc.Arbitrary<Place>, strike: Strike<T>): Scene<T> {
  const begun = fc.tuple(fc.constant(ended), chat(place, quickReplyPlan));
  const talking = fc.tuple(fc.constant(ended), chat(place, midReplyPlan));
  return fc.oneof(
    { weight: 2, arbitrary: fc.tuple(begun, strike(atOnce)) },
    { weight: 3, arbitrary: fc.tuple(talking, strike(fc.constant('content'))) },
  );
}

/** Of a `warm` that waits for an idle model, or has just begun. */
export function ofWarming<T>(place: fc.Arbitrary<Place>, strike: Strike<T>): Scene<T> {
  const waiting = fc.tuple(chat(place, slowReplyPlan), warm(place));
  const begun = fc.tuple(fc.constant(ended), warm(place));
  return fc.oneof(
    { weight: 2, arbitrary: fc.tuple(waiting, strike(fc.constant('now'))) },
    { weight: 5, arbitrary: fc.tuple(begun, strike(fc.constant('asked'))) },
  );
}

export function struck(scene: Scene<Step>): fc.Arbitrary<Step[]> {
  return scene.map(([steps, strike]) => [...steps, strike]);
}

/** The first step by one connection, the others by another, or all by the same. */
export function seated(steps: fc.Arbitrary<Step[]>): fc.Arbitrary<Step[]> {
  const seats = fc.constantFrom<[Seat, Seat]>(['one', 'one'], ['one', 'other'], ['other', 'one']);
  return fc
    .tuple(steps, seats)
    .map(([all, [first, others]]) =>
      all.map((step, index) => ({ ...step, by: index === 0 ? first : others })),
    );
}

/** A request is given up for another that begins the same, and that one for the next. */
export const speculation: fc.Arbitrary<Step[]> = fc
  .tuple(
    chat(mirrored('right', 'all')),
    fc.array(fc.tuple(cancel(soon), chat(mirrored('right', 'all but one', 'half'))), {
      minLength: 1,
      maxLength: 3,
      size: 'max',
    }),
  )
  .map(([first, others]) => [first, ...others.flat()]);

/** A mirror becomes longer than it may be. */
export const growth: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(
      fc.record({
        type: fc.constant('chat' as const),
        place: mirrored('right', 'all'),
        plan: replyPlan,
        turns: fc.constant<2>(2),
      }),
      { minLength: 2, maxLength: 3, size: 'max' },
    ),
    fc.boolean(),
  )
  .map(([chats, waits]) => chats.flatMap((step): Step[] => (waits ? [step, ended] : [step])));

/** A reply is interrupted or not, and the next chat says what was heard of it. */
export const interruption: fc.Arbitrary<Step[]> = fc
  .constantFrom<ThreadPlace>({ type: 'thread' }, { type: 'named', name: 'a' })
  .chain((place) =>
    fc.tuple(
      fc.constant(ended),
      chat(fc.constant(place), slowReplyPlan),
      fc.oneof(cancel(fc.constant('content')), fc.constant(ended)),
      chat(heardOn(place)),
    ),
  );

/** What was warmed up is sent, or something else. */
export const preview: fc.Arbitrary<Step[]> = fc.tuple(warm(ownThread), chat(ownThread));

/** A refused request is the base of the next one all the same. */
export const refusal: fc.Arbitrary<Step[]> = fc.tuple(
  chat(flawedMirror),
  chat(mirrored('right', 'all', 'nothing')),
);
