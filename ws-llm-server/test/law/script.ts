/**
 * What one client does in one case, made of choices that make sense whatever happened before. Some blocks of steps are random, others
 * are scenes: the shortest way to one operation on one stage of a reply, so that rare cells are hit as well.
 */
import fc from 'fast-check';
import { midReplyPlan, type ReplyPlan, replyPlan, slowReplyPlan } from './reply-plan.ts';

/** Until when a step waits for the chat that it is about. Each is reached at the latest with that chat's end. */
export type Moment = 'now' | 'asked' | 'content' | 'ended';

export type Step =
  | { type: 'chat'; place: 'thread' | 'alone'; plan: ReplyPlan; turns: 1 | 2 }
  /** `back` counts chats from the newest; `fenced`: a ping follows at once. */
  | { type: 'cancel'; back: number; moment: Moment; fenced: boolean }
  | { type: 'cancel unknown' }
  | { type: 'reset'; back: number; moment: Moment }
  | { type: 'ping' }
  | { type: 'warm' }
  | { type: 'await'; back: number; moment: Moment }
  | { type: 'pause'; ms: number }
  /** Plain: a frame that is wrong. */
  | { type: 'mistake'; which: number };

export type Ending =
  /** Waits until everything has ended. */
  { type: 'drain' } | { type: 'loss'; how: 'closed' | 'torn'; back: number; moment: Moment };

/** From connecting to the end of the connection. */
export interface Life {
  steps: Step[];
  ending: Ending;
}

export interface Script {
  client: 'v1' | 'plain';
  model: 'ollama' | 'openai';
  /** One after the other: whoever comes back starts with nothing. */
  lives: Life[];
}

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
const ended: fc.Arbitrary<Step> = one({ type: 'await', back: 0, moment: 'ended' });

function chat(place: fc.Arbitrary<'thread' | 'alone'>, plan: fc.Arbitrary<ReplyPlan>): fc.Arbitrary<Step> {
  return fc.record({ type: one('chat'), place, plan, turns });
}

function cancel(at: fc.Arbitrary<Moment>, target: fc.Arbitrary<number> = one(0)): fc.Arbitrary<Step> {
  return fc.record({
    type: one('cancel'),
    back: target,
    moment: at,
    fenced: fc.constantFrom(true, true, false),
  });
}

function reset(at: fc.Arbitrary<Moment>, target: fc.Arbitrary<number> = one(0)): fc.Arbitrary<Step> {
  return fc.record({ type: one('reset'), back: target, moment: at });
}

function loss(at: fc.Arbitrary<Moment>, target: fc.Arbitrary<number> = one(0)): fc.Arbitrary<Ending> {
  return fc.record({
    type: one('loss'),
    how: fc.constantFrom<'closed' | 'torn'>('closed', 'torn'),
    back: target,
    moment: at,
  });
}

const thread = one<'thread'>('thread');
const anyPlace = fc.constantFrom<'thread' | 'alone'>('thread', 'alone');
const atOnce = fc.constantFrom<Moment>('now', 'asked');

/** Something happens to a chat that waits, has just begun, or is in the middle; what happens is the caller's. */
function scenes<T>(
  place: fc.Arbitrary<'thread' | 'alone'>,
  strike: (at: fc.Arbitrary<Moment>) => fc.Arbitrary<T>,
): fc.Arbitrary<[Step[], T]> {
  const waiting = fc.tuple(chat(thread, slowReplyPlan), chat(thread, replyPlan));
  // By how many troubles there are for each.
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(waiting, strike(one('now'))) },
    { weight: 3, arbitrary: fc.tuple(fc.tuple(ended, chat(place, replyPlan)), strike(atOnce)) },
    { weight: 2, arbitrary: fc.tuple(fc.tuple(ended, chat(place, midReplyPlan)), strike(one('content'))) },
  );
}

const v1Step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: chat(anyPlace, replyPlan) },
  { weight: 5, arbitrary: cancel(fc.constantFrom('now', 'now', 'asked', 'content', 'ended'), back) },
  { weight: 1, arbitrary: reset(soon, back) },
  { weight: 1, arbitrary: one({ type: 'cancel unknown' }) },
  { weight: 1, arbitrary: one({ type: 'ping' }) },
  { weight: 1, arbitrary: one({ type: 'warm' }) },
  { weight: 1, arbitrary: awaiting },
  { weight: 1, arbitrary: pause },
);

const plainStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: chat(thread, replyPlan) },
  { weight: 1, arbitrary: reset(soon, back) },
  { weight: 2, arbitrary: fc.record({ type: one('mistake'), which: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 1, arbitrary: awaiting },
  { weight: 1, arbitrary: pause },
);

function randomly(step: fc.Arbitrary<Step>, maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength, size: 'max' });
}

const struck: fc.Arbitrary<Step[]> = fc
  .oneof(
    {
      weight: 6,
      arbitrary: scenes(anyPlace, (at) => cancel(at)),
    },
    {
      weight: 6,
      arbitrary: scenes(thread, (at) => reset(at)),
    },
    { weight: 1, arbitrary: fc.tuple(fc.tuple(chat(anyPlace, replyPlan)), cancel(one('ended'))) },
  )
  .map(([steps, strike]) => [...steps, strike]);

const ending: fc.Arbitrary<Ending> = fc.oneof(one({ type: 'drain' }), loss(soon, back));

function wholeLife(block: fc.Arbitrary<Step[]>, maxLength: number): fc.Arbitrary<Life> {
  const blocks = fc.array(block, { minLength: 1, maxLength, size: 'max' });
  return fc.record({ steps: blocks.map((lists) => lists.flat()), ending });
}

function shortLife(place: fc.Arbitrary<'thread' | 'alone'>): fc.Arbitrary<Life> {
  return scenes(place, (at) => loss(at)).map(([steps, strike]) => ({ steps, ending: strike }));
}

const v1Life = fc.oneof(
  wholeLife(fc.oneof(randomly(v1Step, 5), struck, struck, struck), 6),
  shortLife(fc.constantFrom('thread', 'alone')),
);
const plainLife = fc.oneof(wholeLife(randomly(plainStep, 6), 1), shortLife(thread), shortLife(thread));

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
