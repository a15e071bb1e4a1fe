/** What is wrong with a persona's front matter, as `path:line: key: expected ...`. For the person who writes it. */
import type { z } from 'zod';
import type { FrontMatter } from './front-matter.ts';
import { maxProblems } from './persona-error.ts';
import { personaKeys, toolKeys } from './persona-schema.ts';

/** One line, or one for each key that nobody knows. */
export function describeIssue(issue: z.core.$ZodIssue, head: FrontMatter, path: string): string[] {
  const line = (keys: readonly PropertyKey[], what: string): string =>
    `${path}:${head.lineOf(keys)}: ${keys.length === 0 ? '' : `${pathOf(keys)}: `}${what}`;
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? personaKeys : toolKeys;
    return issue.keys
      .slice(0, maxProblems)
      .map((key) => line([...issue.path, key], `expected one of the keys ${known.join(', ')}`));
  }
  const isMissing = valueAt(head.values, issue.path) === undefined;
  return [line(issue.path, isMissing ? `${issue.message}; it is missing` : issue.message)];
}

function valueAt(values: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>((value, key) => (Object(value) as Record<PropertyKey, unknown>)[key], values);
}

function pathOf(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}
