/**
 * What one owner does while its connection opens, and where in between it closes: random, and small
 * when it fails.
 */
import fc from 'fast-check';
import type { Door } from './doors.ts';

/** The owner is a `Connection` over `ws` or as in a browser, or a `WebSocketLLM`. */
type OwnerKind = 'connection over ws' | 'connection of a browser' | 'WebSocketLLM';

type ClosingStep =
  /** Asks for a channel, or who is there; `waits`: until that is answered. */
  | { type: 'open'; waits: boolean }
  | { type: 'warm' }
  /** Asks for so many replies, which are given up after `timeoutMs`, or aborted after `abortMs`. */
  | { type: 'chat'; replies: number; timeoutMs: number; abortMs: number | undefined }
  | { type: 'pause'; ms: number }
  /** Lets promises that are settled run on. */
  | { type: 'tick' }
  /** The network cuts all connections. */
  | { type: 'cut' }
  | { type: 'close' };

export interface ClosingScript {
  kind: OwnerKind;
  doors: Door[];
  /** How the token is given; a late one is asked for while the owner may close. */
  token: 'none' | 'late' | 'failing' | 'closes';
  /**
   * Where the owner closes from inside: when the platform is asked for a socket, or in this state.
   */
  closesIn: 'open()' | 'connecting' | 'open' | 'waiting' | undefined;
  steps: ClosingStep[];
}

const opens = fc.constantFrom<Door['opens']>(
  'v1',
  'v1',
  'v1 mute',
  'plain',
  'plain',
  'hang up',
  'silent',
  403,
  503,
);
const door: fc.Arbitrary<Door> = fc.record({ opens, afterMs: fc.constantFrom(0, 0, 0, 1, 3, 6) });
/** Most servers speak one dialect. */
const doors = fc.oneof(
  fc.constantFrom(0, 6, 12).map((afterMs): Door[] => [{ opens: 'plain', afterMs }]),
  fc.constantFrom(0, 2).map((afterMs): Door[] => [{ opens: 'v1', afterMs }]),
  fc.array(door, { minLength: 1, maxLength: 4 }),
);

const step: fc.Arbitrary<ClosingStep> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('open' as const), waits: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<ClosingStep>({ type: 'warm' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('chat' as const),
      replies: fc.integer({ min: 1, max: 3 }),
      timeoutMs: fc.constantFrom(2, 8, 5_000, 5_000),
      abortMs: fc.constantFrom(undefined, undefined, undefined, 0, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('pause' as const), ms: fc.constantFrom(0, 1, 2, 4) }),
  },
  { weight: 2, arbitrary: fc.constant<ClosingStep>({ type: 'tick' }) },
  { weight: 1, arbitrary: fc.constant<ClosingStep>({ type: 'cut' }) },
);
const asked = fc.constantFrom<ClosingStep[]>([], [{ type: 'open', waits: true }]);
const steps: fc.Arbitrary<ClosingStep[]> = fc
  .tuple(asked, fc.array(step, { minLength: 1, maxLength: 6, size: 'max' }), fc.array(step, { maxLength: 2 }))
  .map(([first, before, after]) => [...first, ...before, { type: 'close' }, ...after]);

export const closingScripts: fc.Arbitrary<ClosingScript> = fc.record({
  kind: fc.constantFrom<OwnerKind>(
    'connection over ws',
    'connection of a browser',
    ...Array.from({ length: 4 }, () => 'WebSocketLLM' as const),
  ),
  doors,
  token: fc.constantFrom<ClosingScript['token']>(
    ...Array.from({ length: 8 }, () => 'none' as const),
    'late',
    'late',
    'failing',
    'closes',
  ),
  closesIn: fc.constantFrom<ClosingScript['closesIn']>(
    ...Array.from({ length: 8 }, () => undefined),
    'open()',
    'connecting',
    'open',
    'waiting',
  ),
  steps,
});
