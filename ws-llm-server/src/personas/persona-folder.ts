/**
 * The personas of one folder as its files say: the last good version of each. Reads when it is told to and keeps what has not
 * changed, so that a persona stays the same object. Writes no log and watches nothing.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PersonaError } from './persona-error.ts';
import type { Persona } from './persona.ts';
import { parsePersona, toolCodePath } from './read-persona.ts';
import { loadToolCode, type ToolCode } from './tool-code.ts';

interface Entry {
  text: string;
  /** Undefined: there is no code beside it. */
  source: string | undefined;
  code: ToolCode | undefined;
  /** Undefined: it has never been good. */
  persona: Persona | undefined;
  /** Why the text is not what `persona` says. */
  error: PersonaError | undefined;
  /** Whether its name is another file's already. */
  isTwin: boolean;
}

export class PersonaFolder {
  readonly path: string;
  readonly #only: string | undefined;
  readonly #entries = new Map<string, Entry>();

  /** @param only the name of the one file that counts; default: all that end in `.md` */
  constructor(path: string, only?: string) {
    this.path = path;
    this.#only = only;
  }

  /** By name. Where two files claim one, the first by file name has it. */
  get personas(): ReadonlyMap<string, Persona> {
    const byName = new Map<string, Persona>();
    for (const [, { persona }] of this.#inOrder()) {
      if (persona !== undefined && !byName.has(persona.card.name)) byName.set(persona.card.name, persona);
    }
    return byName;
  }

  /** Why the file `file` is not as good as it should be. */
  errorOf(file: string): PersonaError | undefined {
    return this.#entries.get(file)?.error;
  }

  /** Whether `file`, a name in this folder, says something about a persona. */
  isRelevant(file: string): boolean {
    const markdown = file.replace(/\.tools\.js$/, '.md');
    return this.#only === undefined ? isPersonaFile(markdown) : markdown === this.#only;
  }

  /**
   * Reads what has changed since it was read last. A folder that cannot be read loses nothing.
   * @returns what is wrong with the files that were read now
   * @throws PersonaError where the folder cannot be read
   */
  async refresh(): Promise<PersonaError[]> {
    const files = await this.#list();
    for (const file of this.#entries.keys()) if (!files.includes(file)) this.#entries.delete(file);
    const errors = await Promise.all(files.map((file) => this.#read(file)));
    return [...errors.filter((error) => error !== undefined), ...this.#findTwins()];
  }

  async #list(): Promise<string[]> {
    const files = await readdir(this.path).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new PersonaError(`${this.path}: the folder cannot be read (${why})`);
    });
    return files.filter((file) => file.endsWith('.md') && this.isRelevant(file));
  }

  async #read(file: string): Promise<PersonaError | undefined> {
    const path = join(this.path, file);
    const before = this.#entries.get(file);
    const text = await readFile(path, 'utf8').catch((error: unknown) => cannotRead(path, error));
    if (typeof text !== 'string') return text;
    const source = await readFile(toolCodePath(path), 'utf8').catch(() => undefined);
    if (before !== undefined && before.text === text && before.source === source) return undefined;
    const code = await codeOf(path, source, before);
    const { persona, error } = tryParse(text, path, code);
    this.#entries.set(file, {
      text,
      source,
      code,
      persona: persona ?? before?.persona,
      error,
      isTwin: false,
    });
    return error;
  }

  #findTwins(): PersonaError[] {
    const holders = new Map<string, string>();
    const errors: PersonaError[] = [];
    for (const [file, entry] of this.#inOrder()) {
      if (entry.persona === undefined) continue;
      const { name } = entry.persona.card;
      const holder = holders.get(name);
      if (holder === undefined) holders.set(name, file);
      else if (!entry.isTwin) {
        errors.push(
          new PersonaError(`${join(this.path, file)}: name: ${name} is what ${holder} is called already`),
        );
      }
      entry.isTwin = holder !== undefined;
    }
    return errors;
  }

  #inOrder(): [string, Entry][] {
    return [...this.#entries].toSorted(([one], [other]) => (one < other ? -1 : 1));
  }
}

/** Undefined: it has gone since the folder was listed, which will be told by itself. */
function cannotRead(path: string, error: unknown): PersonaError | undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  return new PersonaError(
    `${path}: cannot be read (${error instanceof Error ? error.message : String(error)})`,
  );
}

async function codeOf(
  path: string,
  source: string | undefined,
  before: Entry | undefined,
): Promise<ToolCode | undefined> {
  if (source === undefined) return undefined;
  const isLoaded = before?.source === source && before.code?.problems.length === 0;
  return isLoaded ? before.code : loadToolCode(toolCodePath(path), source);
}

function tryParse(
  text: string,
  path: string,
  code: ToolCode | undefined,
): { persona?: Persona; error?: PersonaError } {
  try {
    return { persona: parsePersona(text, path, code) };
  } catch (error) {
    if (error instanceof PersonaError) return { error };
    throw error;
  }
}

/** Not what editors leave behind, and not the page that tells people what is in the folder. */
function isPersonaFile(file: string): boolean {
  return file.endsWith('.md') && !file.startsWith('.') && file.toLowerCase() !== 'readme.md';
}
