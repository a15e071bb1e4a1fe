/** Runs once before all tests on real parts, so that a missing part fails the run with one message, not each test with its own. */
import { locateParts } from './locate-parts.ts';

export function setup(): void {
  try {
    locateParts();
  } catch (error) {
    // Where the code stands says nothing to whoever has to install something.
    if (error instanceof Error) error.stack = error.message;
    throw error;
  }
}
