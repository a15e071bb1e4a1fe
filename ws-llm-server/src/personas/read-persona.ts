/**
 * A persona from its Markdown file: front matter for what is told to clients, the body for the prompt.
 * Owns the format; who answers where is not known here.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Persona } from './persona.ts';

/** A persona file that cannot be used. The message names file, line where there is one, and what was expected. */
export class PersonaError extends Error {
  override readonly name = 'PersonaError';
}

const frontMatter = z.strictObject({
  title: z.string().min(1),
  greeting: z.string().optional(),
  voice: z.string().optional(),
  language: z.string().optional(),
  suggestions: z.array(z.string()).default([]),
  temperature: z.number().min(0).max(2).optional(),
  max_tokens: z.int().positive().optional(),
});

/**
 * Reads `path`; the persona's name is the file's, without `.md`.
 * @throws PersonaError
 */
export async function readPersona(path: string): Promise<Persona> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new PersonaError(
      `${path}: cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  });
  return parsePersona(text, path);
}

/** @throws PersonaError */
export function parsePersona(text: string, path: string): Persona {
  const match = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text);
  if (match === null) {
    throw new PersonaError(`${path}:1: a persona starts with front matter between two lines of ---`);
  }
  const [, head = '', body = ''] = match;
  const { title, greeting, voice, language, suggestions, temperature, max_tokens } = parseHead(head, path);
  const prompt = body.trim();
  if (prompt === '') throw new PersonaError(`${path}: the prompt, below the front matter, is empty`);
  return {
    card: {
      name: basename(path, '.md'),
      title,
      suggestions,
      ...(greeting !== undefined && { greeting }),
      ...(voice !== undefined && { voice }),
      ...(language !== undefined && { language }),
    },
    prompt,
    params: {
      ...(temperature !== undefined && { temperature }),
      ...(max_tokens !== undefined && { maxTokens: max_tokens }),
    },
  };
}

function parseHead(head: string, path: string): z.infer<typeof frontMatter> {
  const lines = new LineCounter();
  const document = parseDocument(head, { lineCounter: lines });
  const [broken] = document.errors;
  // The first line of the file is the opening ---.
  const lineOf = (offset: number | undefined): number => lines.linePos(offset ?? 0).line + 1;
  if (broken !== undefined) {
    throw new PersonaError(`${path}:${lineOf(broken.pos[0])}: ${broken.message.split('\n')[0] ?? ''}`);
  }
  const parsed = frontMatter.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0];
  const node = key === undefined ? undefined : document.getIn([key], true);
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  const offset = Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
  throw new PersonaError(
    `${path}:${lineOf(offset)}: ${key === undefined ? '' : `${String(key)}: `}${issue?.message ?? ''}`,
  );
}
