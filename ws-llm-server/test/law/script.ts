/**
 * What one client does in one case: random steps and scenes, in lives one after the other. All v1 cases do everything; what they do
 * most is one half of it each.
 */
import fc from 'fast-check';
import { alone, mostlyMirrors, mostlyThreads, namedThread, ownThread } from './place-choices.ts';
import {
  growth,
  interruption,
  ofRunning,
  ofWaiting,
  ofWarming,
  preview,
  refusal,
  seated,
  speculation,
  struck,
} from './scenes.ts';
import { awaiting, back, cancel, chat, type Loss, loss, pause, reset, soon, warm } from './step-choices.ts';
import type { Ending, Life, Place, Script, Seat, Step, ThreadName } from './step.ts';

/** Of v1 clients, by what they mostly use; and plain ones. */
export type LawKind = 'threads' | 'mirrors' | 'plain';

const one = fc.constant;
const plainPlace: fc.Arbitrary<Place> = one({ type: 'thread' });
const named = fc.constantFrom<ThreadName>('a', 'a', 'b').map(namedThread);
const anyone = fc.constantFrom<Seat>('one', 'one', 'one', 'other');

function v1Steps(place: fc.Arbitrary<Place>): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    { weight: 12, arbitrary: chat(place) },
    { weight: 5, arbitrary: cancel(fc.constantFrom('now', 'now', 'asked', 'content', 'ended'), back) },
    { weight: 1, arbitrary: reset(soon, undefined, back) },
    { weight: 1, arbitrary: reset(soon, 'a', back) },
    { weight: 1, arbitrary: one<Step>({ type: 'cancel unknown' }) },
    { weight: 2, arbitrary: one<Step>({ type: 'ping' }) },
    { weight: 3, arbitrary: warm(place) },
    { weight: 1, arbitrary: awaiting },
    { weight: 1, arbitrary: pause },
  );
  return several(
    fc.tuple(step, anyone).map(([taken, by]) => ({ ...taken, by })),
    5,
  );
}

const plainSteps = several(
  fc.oneof(
    { weight: 6, arbitrary: chat(plainPlace) },
    { weight: 1, arbitrary: reset(soon, undefined, back) },
    {
      weight: 2,
      arbitrary: fc.record({ type: one('mistake'), which: fc.integer({ min: 0, max: 5 }) }),
    },
    { weight: 1, arbitrary: awaiting },
    { weight: 1, arbitrary: pause },
  ),
  6,
);

const namedResets = fc.constantFrom<ThreadName>('a', 'b').chain((name) => {
  const place = one(namedThread(name));
  return fc.oneof(
    { weight: 2, arbitrary: struck(ofWaiting(place, (at) => reset(at, name))) },
    { weight: 3, arbitrary: struck(ofRunning(place, (at) => reset(at, name))) },
  );
});
const resets = fc.oneof(
  { weight: 2, arbitrary: struck(ofWaiting(ownThread, (at) => reset(at))) },
  { weight: 3, arbitrary: struck(ofRunning(ownThread, (at) => reset(at))) },
);
const threadBlocks = fc.oneof(
  { weight: 3, arbitrary: v1Steps(mostlyThreads) },
  { weight: 5, arbitrary: resets },
  { weight: 6, arbitrary: seated(namedResets) },
  { weight: 2, arbitrary: struck(ofWaiting(ownThread, (at) => cancel(at))) },
  { weight: 1, arbitrary: seated(struck(ofWaiting(named, (at) => cancel(at)))) },
  { weight: 1, arbitrary: struck(ofRunning(mostlyThreads, (at) => cancel(at))) },
  { weight: 1, arbitrary: interruption },
  { weight: 1, arbitrary: preview },
);
const mirrorBlocks = fc.oneof(
  { weight: 6, arbitrary: v1Steps(mostlyMirrors) },
  { weight: 2, arbitrary: several(chat(alone), 4) },
  { weight: 8, arbitrary: struck(ofRunning(mostlyMirrors, (at) => cancel(at))) },
  { weight: 2, arbitrary: speculation },
  { weight: 2, arbitrary: growth },
  { weight: 1, arbitrary: refusal },
  { weight: 8, arbitrary: struck(ofWarming(mostlyMirrors, (at) => cancel(at))) },
  { weight: 4, arbitrary: fc.tuple(chat(mostlyMirrors), cancel(one('ended'))) },
);

const ending: fc.Arbitrary<Ending> = fc.oneof(one<Ending>({ type: 'drain' }), loss(soon, anyone, back));

function several<T>(choice: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> {
  return fc.array(choice, { minLength: 1, maxLength, size: 'max' });
}

function wholeLife(block: fc.Arbitrary<Step[]>, maxLength: number): fc.Arbitrary<Life> {
  return fc.record({ steps: several(block, maxLength).map((blocks) => blocks.flat()), ending });
}

function shortLife(scene: fc.Arbitrary<[Step[], Loss]>): fc.Arbitrary<Life> {
  return scene.map(([steps, lost]) => ({ steps, ending: lost }));
}

const lostWaiting = shortLife(ofWaiting(fc.oneof(ownThread, named), (at) => loss(at)));
const lostRunning = shortLife(ofRunning(mostlyMirrors, (at) => loss(at)));
const lostWarming = shortLife(ofWarming(mostlyMirrors, (at) => loss(at)));
const lives: Record<LawKind, fc.Arbitrary<Life[]>> = {
  threads: several(
    fc.oneof({ weight: 3, arbitrary: wholeLife(threadBlocks, 6) }, { weight: 1, arbitrary: lostWaiting }),
    3,
  ),
  mirrors: several(
    fc.oneof(
      { weight: 4, arbitrary: wholeLife(mirrorBlocks, 6) },
      { weight: 3, arbitrary: lostRunning },
      { weight: 1, arbitrary: lostWarming },
    ),
    3,
  ),
  plain: several(
    fc.oneof(
      { weight: 2, arbitrary: wholeLife(plainSteps, 1) },
      { weight: 2, arbitrary: shortLife(ofWaiting(plainPlace, (at) => loss(at))) },
      { weight: 2, arbitrary: shortLife(ofRunning(plainPlace, (at) => loss(at))) },
    ),
    5,
  ),
};

/** A case of that kind. */
export function scriptOf(kind: LawKind): fc.Arbitrary<Script> {
  return fc.record({
    client: one(kind === 'plain' ? 'plain' : 'v1'),
    model: fc.constantFrom('ollama', 'openai'),
    lives: lives[kind],
  });
}
