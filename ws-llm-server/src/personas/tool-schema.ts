/** Arguments of a persona's tool against the JSON schema that describes them. Knows no personas and no files. */
import { z } from 'zod';

/** Checks are made once per schema: it is asked for on the path of a reply. */
const checks = new WeakMap<Record<string, unknown>, z.ZodType>();

/**
 * Longest text that a `pattern` is tried on, in UTF-16 units. A model may write whatever a client asks
 * it to, and the time of a common pattern, such as one for e-mail addresses, grows with the cube of the
 * text's length. Longer text does not match.
 */
const maxPatternChars = 500;
const guard = { start: `^(?![^]{${maxPatternChars + 1}})[^]*?(?:`, end: ')' };
/** Keys of a JSON schema whose values are data, or names, and not schemas. */
const dataKeys = ['default', 'const', 'enum', 'examples', 'required', 'description', 'title', '$comment'];
/** Keys whose values hold a schema by each name. */
const schemaMapKeys = ['properties', '$defs', 'definitions', 'dependentSchemas', 'patternProperties'];

/**
 * The check that `schema` describes; `default`s in it are filled in.
 * @throws Error where it is no JSON schema, or says what cannot be checked here, such as `if` or `not`
 */
export function checkOf(schema: Record<string, unknown>): z.ZodType {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const check = z.fromJSONSchema(guarded(schema) as Record<string, unknown>);
  checks.set(schema, check);
  return check;
}

/** What is wrong, for the model. Undefined: the check's own words. */
export function describeMismatch(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_format' || issue.pattern === undefined) return undefined;
  const { pattern } = issue;
  const [start, end] = [`/${guard.start}`, `${guard.end}/`];
  if (!pattern.startsWith(start)) return undefined;
  const own = pattern.slice(start.length, pattern.lastIndexOf(end));
  return `expected text that matches /${own}/ and has at most ${maxPatternChars} characters`;
}

/** A copy in which no pattern looks at text that is too long. */
function guarded(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(guarded);
  if (typeof schema !== 'object' || schema === null) return schema;
  return mapValues(schema, (key, value) => {
    if (key === 'pattern' && typeof value === 'string') return guardPattern(value);
    if (dataKeys.includes(key)) return value;
    if (!schemaMapKeys.includes(key) || typeof value !== 'object' || value === null) return guarded(value);
    return mapValues(value, (_name, inner) => guarded(inner));
  });
}

function guardPattern(pattern: string): string {
  return `${guard.start}${pattern}${guard.end}`;
}

function mapValues(object: object, change: (key: string, value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]));
}
