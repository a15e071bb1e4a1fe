/**
 * JSON of somebody else's making, carried and never looked into. Bounded in depth, because JSON can be parsed at any depth
 * and written again only at some.
 */
import { z } from 'zod';

/** Far above what schemas need, far below what `JSON.stringify` can do. */
const maxLevels = 100;

export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => fits(value, maxLevels), { error: `expected at most ${maxLevels} levels` });

function fits(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => fits(inner, levels - 1));
}
