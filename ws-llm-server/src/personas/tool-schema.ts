/** Arguments of a persona's tool against the JSON schema that describes them. Knows no personas and no files. */
import { z } from 'zod';

/** Checks are made once per schema: it is asked for on the path of a reply. */
const checks = new WeakMap<Record<string, unknown>, z.ZodType>();

/**
 * The check that `schema` describes; `default`s in it are filled in.
 * @throws Error where it is no JSON schema, or says what cannot be checked here, such as `if` or `not`
 */
export function checkOf(schema: Record<string, unknown>): z.ZodType {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const check = z.fromJSONSchema(schema);
  checks.set(schema, check);
  return check;
}
