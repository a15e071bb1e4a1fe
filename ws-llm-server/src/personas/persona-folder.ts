/**
 * The personas of one folder as its files say: the last good version of each. Reads when it is told to and keeps what has not
 * changed, so that a persona stays the same object. Writes no log and watches nothing.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../thrown.ts';
import { mapLimited } from './map-limited.ts';
import { PersonaError } from './persona-error.ts';
import type { Persona } from './persona.ts';
import { parsePersona, toolCodePath } from './read-persona.ts';
import { type FileText, isSameText, readRegularFile } from './read-regular-file.ts';
import type { ToolCode } from './tool-code.ts';
import { ToolCodes } from './tool-codes.ts';

interface Entry {
  text: string;
  /** The file of the code beside it. */
  source: FileText;
  /** Undefined: it has never been good. */
  persona: Persona | undefined;
  /** Why the text is not what `persona` says. */
  error: PersonaError | undefined;
  /** Whether its name is another file's already. */
  isTwin: boolean;
}

export interface RefreshOptions {
  /** How long to wait for code that is being loaded, in ms. Default: until it is loaded or given up. */
  patienceMs?: number;
  /** Code is loaded for which a refresh did not wait; its persona changes at the next one. */
  onLoaded?: () => void;
}

/** What clients are offered is one list in one frame. */
const maxPersonas = 1_000;
/** Each needs a file descriptor, which the sockets of clients need too. */
const filesAtOnce = 16;

export class PersonaFolder {
  readonly path: string;
  readonly #only: string | undefined;
  readonly #entries = new Map<string, Entry>();
  /** Why a file could not be read at the last refresh. */
  readonly #unreadable = new Map<string, string>();
  readonly #codes = new ToolCodes();
  #count = 0;
  #isIncomplete = false;

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

  /** Whether something could not be read that may be readable in a moment, without a change to its file. */
  get isIncomplete(): boolean {
    return this.#isIncomplete;
  }

  /** Why the file `file` is not as good as it should be. */
  errorOf(file: string): PersonaError | undefined {
    const why = this.#unreadable.get(file);
    return why === undefined ? this.#entries.get(file)?.error : cannotRead(join(this.path, file), why);
  }

  /** Whether `file`, a name in this folder, says something about a persona. */
  isRelevant(file: string): boolean {
    const markdown = file.replace(/\.tools\.js$/, '.md');
    return this.#only === undefined ? isPersonaFile(markdown) : markdown === this.#only;
  }

  /**
   * Reads what has changed since it was read last. A folder that cannot be read loses nothing. One call at a time.
   * @returns what is wrong with what was read now, and was not when it was read before
   * @throws PersonaError where the folder cannot be read
   */
  async refresh(options: RefreshOptions = {}): Promise<PersonaError[]> {
    this.#isIncomplete = true;
    const all = await this.#list();
    const tooMany = this.#findTooMany(all.length);
    const files = all.slice(0, maxPersonas);
    this.#forgetAllBut(new Set(files));
    this.#isIncomplete = false;
    const texts = await mapLimited(files, filesAtOnce, (file) => this.#textsOf(file));
    const errors = await Promise.all(files.map((file, index) => this.#update(file, texts[index], options)));
    return [...errors.filter((error) => error !== undefined), ...this.#findTwins(), ...tooMany];
  }

  /** Waits no more for code that is being loaded. What it holds stays. */
  close(): void {
    this.#codes.close();
  }

  async #list(): Promise<string[]> {
    const files = await readdir(this.path).catch((error: unknown) => {
      throw new PersonaError(`${this.path}: the folder cannot be read (${messageOf(error)})`);
    });
    return files.filter((file) => file.endsWith('.md') && this.isRelevant(file)).toSorted();
  }

  #findTooMany(count: number): PersonaError[] {
    const isNew = count > maxPersonas && this.#count <= maxPersonas;
    this.#count = count;
    if (!isNew) return [];
    const [has, most] = [count, maxPersonas].map((number) => number.toLocaleString('en'));
    return [
      new PersonaError(
        `${this.path}: has ${has} personas; the first ${most} by file name are read. Move the others to another folder`,
      ),
    ];
  }

  #forgetAllBut(files: ReadonlySet<string>): void {
    for (const file of [...this.#entries.keys(), ...this.#unreadable.keys()]) {
      if (files.has(file)) continue;
      this.#entries.delete(file);
      this.#unreadable.delete(file);
      this.#codes.forget(file);
    }
  }

  async #textsOf(file: string): Promise<[text: FileText, source: FileText]> {
    const path = join(this.path, file);
    const text = await readRegularFile(path);
    return [text, await readRegularFile(toolCodePath(path))];
  }

  async #update(
    file: string,
    [text, source]: [FileText, FileText] = [{ type: 'absent' }, { type: 'absent' }],
    options: RefreshOptions,
  ): Promise<PersonaError | undefined> {
    for (const one of [text, source]) if (one.type === 'unreadable') this.#isIncomplete ||= one.isPassing;
    // It has gone since the folder was listed, which will be told by itself.
    if (text.type === 'absent') return undefined;
    const path = join(this.path, file);
    if (text.type === 'unreadable') {
      const isKnown = this.#unreadable.get(file) === text.why;
      this.#unreadable.set(file, text.why);
      return isKnown ? undefined : cannotRead(path, text.why);
    }
    this.#unreadable.delete(file);
    const before = this.#entries.get(file);
    if (before !== undefined && before.text === text.text && isSameText(before.source, source)) return;
    const code = await this.#codes.of(file, toolCodePath(path), source, options);
    if (code === 'loading') return undefined;
    const { persona, error } = tryParse(text.text, path, code);
    this.#entries.set(file, {
      text: text.text,
      source,
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

function cannotRead(path: string, why: string): PersonaError {
  return new PersonaError(`${path}: cannot be read (${why})`);
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
    // Such as a stack that is too small for how deep the front matter goes.
    return { error: new PersonaError(`${path}: cannot be used (${messageOf(error)})`) };
  }
}

/** Not what editors leave behind, and not the page that tells people what is in the folder. */
function isPersonaFile(file: string): boolean {
  return file.endsWith('.md') && !file.startsWith('.') && file.toLowerCase() !== 'readme.md';
}
