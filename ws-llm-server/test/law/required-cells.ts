/** The cells that a full run must hit, shared out among the kinds of cases that hit them most. */
import { type Cell, cellOf, type Operation, type Stage } from './coverage.ts';
import { talkingTroubles, type Trouble, troubles } from './reply-plan.ts';
import type { LawKind } from './script.ts';

function cells(
  operations: readonly Operation[],
  stages: readonly Stage[],
  met: readonly (Trouble | undefined)[] = [undefined],
): Cell[] {
  return operations.flatMap((operation) =>
    stages.flatMap((stage) => met.map((trouble) => cellOf(operation, stage, trouble))),
  );
}

const busyness = ['idle', 'busy'] as const;

export const requiredCells: Record<LawKind, readonly Cell[]> = {
  threads: [
    ...cells(['v1 chat', 'v1 chat named'], busyness, troubles),
    ...cells(['v1 reset', 'v1 reset named'], ['waiting', 'before'], troubles),
    ...cells(['v1 reset', 'v1 reset named'], ['middle'], talkingTroubles),
    ...cells(['v1 cancel', 'v1 loss'], ['waiting'], troubles),
    ...cells(['v1 heard'], busyness),
    ...cells(['v1 reset', 'v1 reset named', 'v1 loss'], ['idle']),
  ],
  mirrors: [
    ...cells(['v1 chat alone', 'v1 chat mirrored', 'v1 warm'], busyness, troubles),
    ...cells(['v1 cancel', 'v1 loss'], ['before'], troubles),
    ...cells(['v1 cancel', 'v1 loss'], ['middle'], talkingTroubles),
    ...cells(['v1 cancel'], ['ended'], troubles),
    ...cells(['v1 cancel of warm'], ['before'], troubles),
    // Nothing of what would go wrong has happened to one that waits.
    ...cells(['v1 cancel of warm', 'v1 loss of warm'], ['waiting']),
    ...cells(['v1 loss of warm'], ['before']),
    ...cells(
      [
        'v1 mirror wrong base',
        'v1 mirror too much kept',
        'v1 mirror too large',
        'v1 mirror flawed',
        'v1 mirror unreadable',
        'v1 ping',
      ],
      busyness,
    ),
    ...cells(['v1 cancel'], ['unknown']),
  ],
  plain: [
    ...cells(['plain chat'], busyness, troubles),
    ...cells(['plain loss'], ['waiting', 'before'], troubles),
    ...cells(['plain loss'], ['middle'], talkingTroubles),
    ...cells(['plain reset', 'plain mistake'], busyness),
    ...cells(['plain loss'], ['idle']),
  ],
};
