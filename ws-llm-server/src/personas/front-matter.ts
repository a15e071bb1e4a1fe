/**
 * A Markdown file with YAML between two lines of `---` at its start: splits it, and knows the line of everything in it.
 * Knows no keys.
 */
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { messageOf } from '../thrown.ts';
import { PersonaError } from './persona-error.ts';

export interface FrontMatter {
  /** What stands between the lines, as YAML means it. */
  values: Record<string, unknown>;
  /** What stands below, without space around it; lines end in `\n`. */
  body: string;
  /** Line in the file of what `keys` lead to; where that is missing, of what holds it. Counted from 1. */
  lineOf(keys: readonly PropertyKey[]): number;
}

/**
 * Longest front matter, in UTF-16 units. The time to read some kinds of YAML grows with its square: of
 * this much none takes a second.
 */
const maxChars = 65_536;
const fence = /^---[ \t]*$/;

/** @throws PersonaError */
export function readFrontMatter(text: string, path: string): FrontMatter {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const end = lines.findIndex((line, index) => index > 0 && fence.test(line));
  if (!fence.test(lines[0] ?? '') || end === -1) {
    throw new PersonaError(`${path}:1: a persona starts with front matter between two lines of ---`);
  }
  const head = lines.slice(1, end).join('\n');
  if (head.length > maxChars) {
    const most = maxChars.toLocaleString('en');
    throw new PersonaError(`${path}:1: the front matter is longer than ${most} characters; shorten it`);
  }
  const counter = new LineCounter();
  const document = parseDocument(head, {
    lineCounter: counter,
    // Their line numbers would not count the opening fence.
    prettyErrors: false,
    // The parser compares each key with all before it.
    uniqueKeys: false,
  });
  const lineAt = (offset: number): number => counter.linePos(offset).line + 1;
  const errors = document.errors.map(({ pos, message }) => ({ offset: pos[0], message }));
  if (errors.length === 0) errors.push(...repeatedKeys(document));
  if (errors.length > 0) {
    throw new PersonaError(errors.map(({ offset, message }) => `${path}:${lineAt(offset)}: ${message}`));
  }
  return {
    values: valuesOf(document, path),
    body: lines
      .slice(end + 1)
      .join('\n')
      .trim(),
    lineOf(keys) {
      const offset = offsetOf(document, keys);
      return offset === undefined ? 1 : lineAt(offset);
    },
  };
}

function repeatedKeys(document: Document): { offset: number; message: string }[] {
  const repeated: { offset: number; message: string }[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const value = isScalar(key) ? key.value : key;
        if (seen.has(value)) {
          repeated.push({
            offset: rangeStart(key) ?? 0,
            message: 'expected a key that is unique in its map',
          });
        }
        seen.add(value);
      }
    },
  });
  return repeated;
}

function valuesOf(document: Document, path: string): Record<string, unknown> {
  if (document.contents === null) return {};
  if (!isMap(document.contents)) {
    throw new PersonaError(`${path}:2: expected keys and values, such as title: Night porter`);
  }
  try {
    return document.toJS() as Record<string, unknown>;
  } catch (error) {
    // Aliases that would grow without bounds.
    throw new PersonaError(`${path}:2: ${messageOf(error)}`);
  }
}

function offsetOf(document: Document, keys: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined || !isScalar(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      offset = rangeStart(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}
