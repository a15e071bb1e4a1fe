/** The law of termination, for v1 clients with mirrors: each request ends once, nothing outlives it, and no wrong history is answered. */
import { test } from 'vitest';
import { holdLaw, lawTimeout } from './hold-law.ts';

test(
  'every request with a mirror ends exactly once, nothing outlives its end, and models see the list of its client [P-9] [P-10]',
  { timeout: lawTimeout },
  () => holdLaw('mirrors'),
);
