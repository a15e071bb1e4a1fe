/** The law of termination, for plain clients: each frame has its one answer, in order, and nothing outlives its end. */
import { test } from 'vitest';
import { holdLaw, lawTimeout } from './hold-law.ts';

test(
  'every frame of a plain client has one answer, in order, and nothing outlives its end [P-123]',
  { timeout: lawTimeout },
  () => holdLaw('plain'),
);
