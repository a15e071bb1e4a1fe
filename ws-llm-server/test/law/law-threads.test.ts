/** The law of termination, for v1 clients on threads: whatever they and the models do, each request ends once, and nothing outlives it. */
import { test } from 'vitest';
import { holdLaw, lawTimeout } from './hold-law.ts';

test(
  'every request on a thread ends exactly once, nothing outlives its end, and models see what is remembered [P-9] [P-10]',
  { timeout: lawTimeout },
  () => holdLaw('threads'),
);
