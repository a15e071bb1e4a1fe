/** The law of termination and of contexts: whatever clients and models do, each request ends once, nothing outlives it, no wrong history. */
import { describe, test } from 'vitest';
import { holdLaw, lawTimeout } from './hold-law.ts';
import { lawSettings } from './law-settings.ts';
import type { LawKind } from './script.ts';

const timeout = lawTimeout;

function wanted(kind: LawKind): LawKind[] {
  return lawSettings().kinds.filter((one) => one === kind);
}

describe.concurrent('whatever clients and models do', () => {
  test.for(wanted('threads'))(
    'a request on a thread ends exactly once, nothing outlives its end, and its model sees what is remembered [P-9] [P-10]',
    { timeout },
    holdLaw,
  );

  test.for(wanted('mirrors'))(
    'a request with a mirror ends exactly once, nothing outlives its end, and its model sees the list of its client [P-9] [P-10]',
    { timeout },
    holdLaw,
  );

  test.for(wanted('plain'))(
    'each frame of a plain client has one answer, in order, and nothing outlives its end [P-123]',
    { timeout },
    holdLaw,
  );
});
