/**
 * One sentence for a frame that does not fit its schema: where, and what was expected.
 * For people who write clients; never echoes what was sent.
 */
import type { z } from 'zod';

/** `messages[2].role: expected one of "user", "assistant"`. The first problem only. */
export function describeIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'the frame does not fit its schema';
  return describe(issue);
}

function describe(outer: z.core.$ZodIssue): string {
  const issue = deepest(outer);
  const where = pathOf(issue.path);
  return where === '' ? expectation(issue) : `${where}: ${expectation(issue)}`;
}

/** A list with one bad element fails a union of string and list; the element is what a person wants to know. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .map(([first]) => first)
    .find((first) => first !== undefined && first.path.length > 0);
  return inner === undefined ? issue : deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${article(issue.expected)}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `expected ${oneOf(issue.options)}`
        : issue.message;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `expected at least ${issue.minimum} ${issue.origin === 'string' ? 'character' : 'element'}${issue.minimum === 1 ? '' : 's'}`
        : `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function article(type: string): string {
  switch (type) {
    case 'array':
      return 'a list';
    case 'int':
      return 'a whole number';
    case 'object':
    case 'record':
      return 'an object';
    default:
      return `a ${type}`;
  }
}

function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return quoted.length === 1 ? String(quoted[0]) : `one of ${quoted.join(', ')}`;
}
