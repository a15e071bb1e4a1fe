/**
 * What one client does in one case. Some blocks of steps are random, others are scenes: the shortest way to one operation on one stage
 * of a reply, so that rare cells are hit as well.
 */
import fc from 'fast-check';
import { choosePlace, mirrored, namedThread, ownThread } from './place-choices.ts';
import { midReplyPlan, type ReplyPlan, replyPlan, slowReplyPlan } from './reply-plan.ts';
import type { Ending, Life, Moment, Place, Script, Seat, Step, ThreadName } from './step.ts';

const one = fc.constant;
const back = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);
const soon = fc.constantFrom<Moment>('now', 'now', 'asked', 'content', 'content');
const turns = fc.constantFrom<1 | 2>(1, 1, 2);
const pause: fc.Arbitrary<Step> = fc.record({ type: one('pause'), ms: fc.integer({ min: 0, max: 12 }) });
const awaiting: fc.Arbitrary<Step> = fc.record({
  type: one('await'),
  back,
  moment: fc.constantFrom<Moment>('asked', 'content', 'ended'),
});
const endOfNewest: Step = { type: 'await', back: 0, moment: 'ended' };
const ended = one<Step>(endOfNewest);

function chat(place: fc.Arbitrary<Place>, plan: fc.Arbitrary<ReplyPlan>): fc.Arbitrary<Step> {
  return fc.record({ type: one('chat'), place, plan, turns });
}

function warm(place: fc.Arbitrary<Place>): fc.Arbitrary<Step> {
  return fc.record({ type: one('warm'), place, plan: replyPlan, turns });
}

function cancel(at: fc.Arbitrary<Moment>, target: fc.Arbitrary<number> = one(0)): fc.Arbitrary<Step> {
  return fc.record({
    type: one('cancel'),
    back: target,
    moment: at,
    fenced: fc.constantFrom(true, true, false),
  });
}

function reset(
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

function loss(at: fc.Arbitrary<Moment>, target: fc.Arbitrary<number> = one(0)): fc.Arbitrary<Ending> {
  return fc.record({
    type: one('loss'),
    by: fc.constantFrom<Seat>('one', 'one', 'one', 'other'),
    how: fc.constantFrom<'closed' | 'torn'>('closed', 'torn'),
    back: target,
    moment: at,
  });
}

const atOnce = fc.constantFrom<Moment>('now', 'asked');
const named = fc.constantFrom<ThreadName>('a', 'a', 'b').map(namedThread);

/** Something happens to a chat that waits, has just begun, or is in the middle; what happens is the caller's. */
function scenes<T>(
  thread: fc.Arbitrary<Place>,
  place: fc.Arbitrary<Place>,
  strike: (at: fc.Arbitrary<Moment>) => fc.Arbitrary<T>,
): fc.Arbitrary<[Step[], T]> {
  const waiting = thread.chain((where) =>
    fc.tuple(chat(one(where), slowReplyPlan), chat(one(where), replyPlan)),
  );
  // By how many troubles there are for each.
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(waiting, strike(one('now'))) },
    { weight: 3, arbitrary: fc.tuple(fc.tuple(ended, chat(place, replyPlan)), strike(atOnce)) },
    { weight: 2, arbitrary: fc.tuple(fc.tuple(ended, chat(place, midReplyPlan)), strike(one('content'))) },
  );
}

/** Something happens to a `warm` that waits for an idle model, or has just begun. */
function warmScenes<T>(strike: (at: fc.Arbitrary<Moment>) => fc.Arbitrary<T>): fc.Arbitrary<[Step[], T]> {
  return fc.oneof(
    fc.tuple(fc.tuple(chat(choosePlace, slowReplyPlan), warm(choosePlace)), strike(one('now'))),
    fc.tuple(fc.tuple(ended, warm(choosePlace)), strike(one('asked'))),
  );
}

/** The first step by one connection, the others by another, or all by the same. */
function seated(steps: fc.Arbitrary<Step[]>): fc.Arbitrary<Step[]> {
  const seats = fc.constantFrom<[Seat, Seat]>(['one', 'one'], ['one', 'other'], ['other', 'one']);
  return fc
    .tuple(steps, seats)
    .map(([all, [first, others]]) =>
      all.map((step, index) => ({ ...step, by: index === 0 ? first : others })),
    );
}

const v1Step: fc.Arbitrary<Step> = fc
  .tuple(
    fc.oneof(
      { weight: 12, arbitrary: chat(choosePlace, replyPlan) },
      { weight: 5, arbitrary: cancel(fc.constantFrom('now', 'now', 'asked', 'content', 'ended'), back) },
      { weight: 1, arbitrary: reset(soon, undefined, back) },
      { weight: 1, arbitrary: reset(soon, 'a', back) },
      { weight: 1, arbitrary: one({ type: 'cancel unknown' }) },
      { weight: 1, arbitrary: one({ type: 'ping' }) },
      { weight: 2, arbitrary: warm(choosePlace) },
      { weight: 1, arbitrary: awaiting },
      { weight: 1, arbitrary: pause },
    ),
    fc.constantFrom<Seat>('one', 'one', 'one', 'other'),
  )
  .map(([step, by]) => ({ ...step, by }));

const plainStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: chat(one({ type: 'thread' }), replyPlan) },
  { weight: 1, arbitrary: reset(soon, undefined, back) },
  { weight: 2, arbitrary: fc.record({ type: one('mistake'), which: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 1, arbitrary: awaiting },
  { weight: 1, arbitrary: pause },
);

function randomly(step: fc.Arbitrary<Step>, maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength, size: 'max' });
}

function struckBy(scene: fc.Arbitrary<[Step[], Step]>): fc.Arbitrary<Step[]> {
  return scene.map(([steps, strike]) => [...steps, strike]);
}

/** A request is given up for another that begins the same, and that one for the next. */
const speculation: fc.Arbitrary<Step[]> = fc
  .tuple(
    chat(mirrored('right', 'all'), replyPlan),
    fc.array(fc.tuple(cancel(soon), chat(mirrored('right', 'all but one', 'half'), replyPlan)), {
      minLength: 1,
      maxLength: 3,
      size: 'max',
    }),
  )
  .map(([first, others]) => [first, ...others.flat()]);

/** A mirror becomes longer than it may be. */
const growth: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({ type: one('chat'), place: mirrored('right', 'all'), plan: replyPlan, turns: one<2>(2) }),
    { minLength: 2, maxLength: 3, size: 'max' },
  )
  .chain((chats) =>
    fc.boolean().map((waits) => chats.flatMap((step) => (waits ? [step, endOfNewest] : [step]))),
  );

const struck: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 5, arbitrary: struckBy(scenes(ownThread, choosePlace, (at) => cancel(at))) },
  { weight: 2, arbitrary: seated(struckBy(scenes(named, named, (at) => cancel(at)))) },
  { weight: 8, arbitrary: struckBy(scenes(ownThread, ownThread, (at) => reset(at))) },
  {
    weight: 8,
    arbitrary: fc
      .constantFrom<ThreadName>('a', 'b')
      .chain((name) =>
        seated(struckBy(scenes(one(namedThread(name)), one(namedThread(name)), (at) => reset(at, name)))),
      ),
  },
  { weight: 2, arbitrary: speculation },
  { weight: 2, arbitrary: growth },
  { weight: 8, arbitrary: struckBy(warmScenes((at) => cancel(at))) },
  { weight: 4, arbitrary: fc.tuple(chat(choosePlace, replyPlan), cancel(one('ended'))) },
);

const ending: fc.Arbitrary<Ending> = fc.oneof(one({ type: 'drain' }), loss(soon, back));

function wholeLife(block: fc.Arbitrary<Step[]>, maxLength: number): fc.Arbitrary<Life> {
  const blocks = fc.array(block, { minLength: 1, maxLength, size: 'max' });
  return fc.record({ steps: blocks.map((lists) => lists.flat()), ending });
}

function shortLife(scene: fc.Arbitrary<[Step[], Ending]>): fc.Arbitrary<Life> {
  return scene.map(([steps, strike]) => ({ steps, ending: { ...strike, by: 'one' } }));
}

const v1Life = fc.oneof(
  {
    weight: 6,
    arbitrary: wholeLife(
      fc.oneof({ weight: 1, arbitrary: randomly(v1Step, 5) }, { weight: 5, arbitrary: struck }),
      6,
    ),
  },
  { weight: 3, arbitrary: shortLife(scenes(ownThread, choosePlace, (at) => loss(at))) },
  { weight: 2, arbitrary: shortLife(warmScenes((at) => loss(at))) },
);
const plain: fc.Arbitrary<Place> = one({ type: 'thread' });
const plainLife = fc.oneof(
  wholeLife(randomly(plainStep, 6), 1),
  shortLife(scenes(plain, plain, (at) => loss(at))),
  shortLife(scenes(plain, plain, (at) => loss(at))),
);

function script(client: Script['client'], life: fc.Arbitrary<Life>, maxLength: number): fc.Arbitrary<Script> {
  return fc.record({
    client: one(client),
    model: fc.constantFrom('ollama', 'openai'),
    lives: fc.array(life, { minLength: 1, maxLength, size: 'max' }),
  });
}

export const scripts: Record<Script['client'], fc.Arbitrary<Script>> = {
  v1: script('v1', v1Life, 3),
  plain: script('plain', plainLife, 5),
};
