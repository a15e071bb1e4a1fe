/**
 * All personas that a server offers, as their files say now: the shipped ones, those of the operator's own folder, and the one whose
 * file was named. Reads them again when they are saved. Once it is open nothing about a file can break it.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PersonaCard } from '@ws-llm/protocol';
import { type Logger, silentLogger } from '../logger.ts';
import { packageFolder } from '../package-folder.ts';
import { detailsOf, messageOf } from '../thrown.ts';
import { PersonaError } from './persona-error.ts';
import { PersonaFolder } from './persona-folder.ts';
import type { Persona } from './persona.ts';
import type { Personas } from './personas.ts';
import { type StopWatching, watchFolder, type WatchFolderOptions } from './watch-folder.ts';

export interface PersonaLibraryOptions {
  /** Who answers where nobody else is asked for: a name, or the path of a Markdown file. */
  persona: string;
  /** The operator's own personas; theirs win over shipped ones of the same name. */
  folder?: string | undefined;
  /** Hears of personas that change, and of files that cannot be used. Default: silent. */
  logger?: Logger;
  /** Default: those that come with the server. */
  shippedFolder?: string;
  /** How the folders are watched. */
  watching?: Pick<WatchFolderOptions, 'pollMs' | 'settleMs' | 'watch'>;
}

/** How long all personas wait for the code of one that has changed; it counts when it is loaded. */
const patienceMs = 300;
/** After which what could not be read, for no fault of its own, is read again. */
const retryMs = 2_000;

const shipped = fileURLToPath(new URL('personas/', packageFolder));

export class PersonaLibrary implements Personas {
  readonly #logger: Logger;
  /** The later ones win. */
  readonly #folders: readonly PersonaFolder[];
  /** Where the default one is; undefined: wherever there is one of that name. */
  readonly #defaultFolder: PersonaFolder | undefined;
  readonly #defaultName: string;
  readonly #listeners = new Set<() => void>();
  /** Why each folder could not be read at the last look. */
  readonly #folderErrors = new Map<PersonaFolder, string>();
  #retry: NodeJS.Timeout | undefined;
  #stops: StopWatching[] = [];
  #default: Persona | undefined;
  #personas: ReadonlyMap<string, Persona> = new Map();
  #isReading = false;
  #isStale = false;
  #isClosed = false;

  private constructor({
    persona,
    folder,
    shippedFolder = shipped,
    logger = silentLogger,
  }: PersonaLibraryOptions) {
    const path = persona.endsWith('.md') ? resolve(persona) : undefined;
    this.#logger = logger;
    this.#defaultFolder = path === undefined ? undefined : new PersonaFolder(dirname(path), basename(path));
    this.#defaultName = path === undefined ? persona : basename(path, '.md');
    this.#folders = [
      new PersonaFolder(shippedFolder),
      ...(folder === undefined ? [] : [new PersonaFolder(resolve(folder))]),
      ...(this.#defaultFolder === undefined ? [] : [this.#defaultFolder]),
    ];
  }

  /**
   * Reads all personas and watches their files from then on.
   * @throws PersonaError where a folder cannot be read, or the default persona is not there or cannot be used. Other files that cannot be
   * used are logged and left out.
   */
  static async open(options: PersonaLibraryOptions): Promise<PersonaLibrary> {
    const library = new PersonaLibrary(options);
    const errors = (await Promise.all(library.#folders.map((folder) => library.#firstLook(folder)))).flat();
    library.#requireDefault(errors);
    library.#merge();
    library.#report(errors);
    library.#stops = library.#folders.map((folder) =>
      watchFolder(folder.path, {
        ...options.watching,
        isRelevant: (file) => folder.isRelevant(file),
        onChange: () => void library.#refresh(),
      }),
    );
    library.#retryIfIncomplete();
    return library;
  }

  /** Who answers where nobody else is asked for. Never goes, also when its file does. */
  get default(): Persona {
    if (this.#default === undefined) throw new Error('a library has a default persona once it is open');
    return this.#default;
  }

  /** All that may be asked for: the default one, then the others by title. */
  get all(): readonly PersonaCard[] {
    const others = [...this.#personas.values()].filter((persona) => persona !== this.#default);
    const byTitle = others
      .map(({ card }) => card)
      .toSorted((one, other) => (one.title < other.title ? -1 : 1));
    return [this.default.card, ...byTitle];
  }

  get(name: string): Persona | undefined {
    return this.#personas.get(name);
  }

  /** Calls `listener` after each change, when everything above is new already. @returns ends that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Watches no more. What it holds stays. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const stop of this.#stops.splice(0)) stop();
    for (const folder of this.#folders) folder.close();
    this.#listeners.clear();
  }

  /** One at a time: what changes meanwhile is read in another round. Never rejects. */
  async #refresh(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isStale && !this.#isClosed) {
        this.#isStale = false;
        const errors = await Promise.all(this.#folders.map((folder) => this.#lookAgain(folder)));
        if (this.#isClosed) return;
        this.#report(errors.flat());
        this.#tell(this.#merge());
      }
    } finally {
      this.#isReading = false;
    }
    this.#retryIfIncomplete();
  }

  /** A folder that is away for a while loses nothing, and is reported once. */
  async #lookAgain(folder: PersonaFolder): Promise<PersonaError[]> {
    try {
      const onLoaded = (): void => void this.#refresh();
      const errors = await folder.refresh({ patienceMs, onLoaded });
      this.#folderErrors.delete(folder);
      return errors;
    } catch (error) {
      const why = error instanceof PersonaError ? error.message : `${folder.path}: ${messageOf(error)}`;
      const isKnown = this.#folderErrors.get(folder) === why;
      this.#folderErrors.set(folder, why);
      return isKnown ? [] : [new PersonaError(why)];
    }
  }

  #retryIfIncomplete(): void {
    clearTimeout(this.#retry);
    if (this.#isClosed || !this.#folders.some((folder) => folder.isIncomplete)) return;
    this.#retry = setTimeout(() => void this.#refresh(), retryMs).unref();
  }

  /** @returns names of those that are not as they were */
  #merge(): string[] {
    const before = this.#personas;
    const now = new Map(this.#folders.flatMap((folder) => [...folder.personas]));
    const [own] = this.#defaultFolder?.personas.values() ?? [];
    const found = this.#defaultFolder === undefined ? now.get(this.#defaultName) : own;
    this.#default = found ?? this.#default;
    if (this.#default !== undefined) now.set(this.#default.card.name, this.#default);
    this.#personas = now;
    return [...new Set([...before.keys(), ...now.keys()])].filter(
      (name) => before.get(name) !== now.get(name),
    );
  }

  #tell(changed: readonly string[]): void {
    if (changed.length === 0) return;
    this.#logger.info({ personas: changed }, 'personas have changed');
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#logger.error({ error: detailsOf(error) }, 'a change of personas could not be told');
      }
    }
  }

  #report(errors: readonly PersonaError[]): void {
    for (const { problems } of errors) {
      this.#logger.warn(
        { problems },
        'a persona cannot be used as it is; its last good version, if there is one, stays',
      );
    }
  }

  /** Whoever named a folder that cannot be read learns which variable that was. */
  async #firstLook(folder: PersonaFolder): Promise<PersonaError[]> {
    try {
      return await folder.refresh();
    } catch (error) {
      const [shippedOne] = this.#folders;
      if (!(error instanceof PersonaError) || folder === shippedOne) throw error;
      const variable = folder === this.#defaultFolder ? 'PERSONA' : 'PERSONAS_DIR';
      throw new PersonaError(error.problems.map((problem) => `${variable}: ${problem}`));
    }
  }

  #requireDefault(errors: readonly PersonaError[]): void {
    const name = this.#defaultName;
    const folders = this.#defaultFolder === undefined ? this.#folders : [this.#defaultFolder];
    // A broken file does not give way to a shipped one of the same name: whoever wrote it would talk to somebody else.
    const error = folders.findLast((folder) => folder.errorOf(`${name}.md`))?.errorOf(`${name}.md`);
    if (error !== undefined) throw error;
    const names = new Set(folders.flatMap((folder) => [...folder.personas.keys()]));
    if (this.#defaultFolder === undefined ? names.has(name) : names.size > 0) return;
    const missing =
      this.#defaultFolder === undefined
        ? `PERSONA=${name}: no such persona. There are ${[...names].join(', ')}; your own is given by the path of its .md file, or by its name where PERSONAS_DIR is its folder.`
        : `PERSONA: there is no persona in ${join(this.#defaultFolder.path, `${name}.md`)}`;
    throw new PersonaError([missing, ...errors.flatMap(({ problems }) => problems)]);
  }
}
