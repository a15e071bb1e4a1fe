/** Where a v1 client's chats go: its own thread, a named one, nowhere, a mirror; and what it does there. */
import fc from 'fast-check';
import type { HeardEdit, MirrorEdit, Place, ThreadName } from './step.ts';

export type ThreadPlace = Extract<Place, { type: 'thread' | 'named' }>;

const heard: fc.Arbitrary<HeardEdit | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      back: fc.constantFrom(0, 0, 0, 1, 2),
      content: fc.constantFrom<HeardEdit['content']>('something', 'nothing'),
    }),
  },
);

/** The same thread, where it is told what was heard of its newest reply. */
export function heardOn(thread: ThreadPlace): fc.Arbitrary<ThreadPlace> {
  const content = fc.constantFrom<HeardEdit['content']>('something', 'nothing');
  return content.map((told) => ({ ...thread, heard: { back: 0, content: told } }));
}

/** A connection's own. */
export const ownThread: fc.Arbitrary<Place> = heard.map((edit) => ({ type: 'thread', heard: edit }));

export function namedThread(name: ThreadName): Place {
  return { type: 'named', name };
}

const named: fc.Arbitrary<Place> = fc
  .tuple(fc.constantFrom<ThreadName>('a', 'a', 'b'), heard)
  .map(([name, edit]) => ({ type: 'named', name, heard: edit }));

const manner = {
  key: fc.constantFrom<MirrorEdit['key']>('x', 'x', 'x', 'x', 'y', 'z'),
  instructions: fc.constantFrom(undefined, undefined, undefined, 'Be brief.', 'Be kind.'),
  tools: fc.constantFrom(undefined, undefined, undefined, ['weather'], ['clock', 'weather'], []),
};

/** A mirror of a client that does what it may. */
export function mirrored(base: MirrorEdit['base'], ...keep: MirrorEdit['keep'][]): fc.Arbitrary<Place> {
  const edit = fc.record({
    ...manner,
    base: fc.constant(base),
    keep: fc.constantFrom(...keep),
    flaw: fc.constant<MirrorEdit['flaw']>('none'),
  });
  return edit.map((made) => ({ type: 'mirror', edit: made }));
}

const wildlyMirrored: fc.Arbitrary<Place> = fc
  .record<MirrorEdit>({
    ...manner,
    base: fc.constantFrom('right', 'right', 'right', 'last', 'stale', 'none'),
    keep: fc.constantFrom('all', 'all', 'all but one', 'half', 'nothing', 'too much'),
    flaw: fc.constantFrom('none', 'none', 'none', 'bad key', 'contradiction', 'unreadable'),
  })
  .map((edit) => ({ type: 'mirror', edit }));

/** Refused for something else than its mirror. */
export const flawedMirror: fc.Arbitrary<Place> = fc
  .record<MirrorEdit>({
    ...manner,
    base: fc.constant('right'),
    keep: fc.constantFrom('all', 'half'),
    flaw: fc.constantFrom('bad key', 'contradiction'),
  })
  .map((edit) => ({ type: 'mirror', edit }));

export const alone = fc.constant<Place>({ type: 'alone' });
const wellMirrored = mirrored('right', 'all', 'all', 'all but one', 'half', 'nothing');

/** All of them, mostly threads. */
export const mostlyThreads: fc.Arbitrary<Place> = fc.oneof(
  { weight: 4, arbitrary: ownThread },
  { weight: 4, arbitrary: named },
  { weight: 1, arbitrary: alone },
  { weight: 1, arbitrary: wellMirrored },
);

/** All of them, mostly mirrors and requests that stand alone. */
export const mostlyMirrors: fc.Arbitrary<Place> = fc.oneof(
  { weight: 1, arbitrary: ownThread },
  { weight: 1, arbitrary: named },
  { weight: 5, arbitrary: alone },
  { weight: 3, arbitrary: wellMirrored },
  { weight: 4, arbitrary: wildlyMirrored },
);
