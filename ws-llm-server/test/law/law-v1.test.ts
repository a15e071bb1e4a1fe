/** The law of termination, for v1 clients: whatever they and the models do, each request ends once, and nothing outlives its end. */
import { test } from 'vitest';
import { holdLaw, lawTimeout } from './hold-law.ts';

test(
  'every request of a v1 client ends exactly once, and nothing outlives its end [P-9] [P-10]',
  { timeout: lawTimeout },
  () => holdLaw('v1'),
);
