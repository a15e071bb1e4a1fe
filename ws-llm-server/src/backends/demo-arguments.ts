/**
 * Arguments for a tool that the demo calls: as its JSON schema wants them, filled with what the question is about where that fits.
 * "Use the tool get weather for Oslo" gives `{city: "Oslo"}`. Pure.
 */
import type { BackendTool } from '../backend.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Deeper than this a schema that contains itself would never end. */
const maxDepth = 8;

export function demoArguments({ parameters = {} }: BackendTool, question: string): Record<string, unknown> {
  return objectOf(parameters, subjectOf(question), 0);
}

/** What follows the first word that introduces it; nothing: the demo itself. */
function subjectOf(question: string): string {
  const introduced = /(?:\b(?:for|of|about|with|in|to|on|from|that)\b|:)\s/i.exec(question);
  if (introduced === null) return 'demo';
  const rest = question.slice(introduced.index + introduced[0].length);
  return withoutEnd(rest).trim() || 'demo';
}

/** A loop, because `[.!?]*$` is quadratic on a long run of these marks. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && '.!?'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** What is required, or all where nothing is. */
function objectOf(schema: Schema, subject: string, depth: number): Record<string, unknown> {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const { required } = schema;
  const names =
    Array.isArray(required) && required.length > 0 ? required.map(String) : Object.keys(properties);
  return Object.fromEntries(
    names.map((name) => {
      const property = properties[name];
      return [name, valueOf(isSchema(property) ? property : {}, subject, depth + 1)];
    }),
  );
}

function valueOf(schema: Schema, subject: string, depth: number): unknown {
  const [example] = [
    schema['const'],
    schema['default'],
    first(schema['enum']),
    first(schema['examples']),
  ].filter((value) => value !== undefined);
  if (example !== undefined) return example;
  const choice = first(schema['anyOf']) ?? first(schema['oneOf']);
  if (isSchema(choice) && depth < maxDepth) return valueOf(choice, subject, depth + 1);
  const type = first(schema['type']) ?? schema['type'];
  if (type === 'object') return depth < maxDepth ? objectOf(schema, subject, depth) : {};
  if (type === 'array') return depth < maxDepth ? itemsOf(schema, subject, depth) : [];
  if (type === 'boolean') return true;
  if (type === 'null') return null;
  if (type === 'integer' || type === 'number') return numberOf(schema, subject, type === 'integer');
  return subject;
}

/** One for each thing that the question names. */
function itemsOf({ items }: Schema, subject: string, depth: number): unknown[] {
  const subjects = subject
    .split(/,\s?(?:and\s)?|\sand\s/i)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return subjects.map((part) => valueOf(isSchema(items) ? items : {}, part, depth + 1));
}

function numberOf({ minimum }: Schema, subject: string, whole: boolean): number {
  const named = Number(/-?\d+(?:\.\d+)?/.exec(subject)?.[0] ?? (typeof minimum === 'number' ? minimum : 1));
  return whole ? Math.trunc(named) : named;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
