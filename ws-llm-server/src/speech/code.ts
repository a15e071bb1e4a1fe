/**
 * Tells code from text. Code within a sentence is spoken without its backticks; a block of code is not spoken, for nobody can listen
 * to one; a block that is fenced as text, or as nothing, is spoken: letters and quotations come that way. Also drops `~~`.
 */
import type { Aside, Reading } from './aside.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

/** What a fence is labelled with when there is prose in it. */
const proseLabels = new Set([
  '',
  'text',
  'txt',
  'plain',
  'plaintext',
  'markdown',
  'md',
  'email',
  'quote',
  'poem',
]);

export class Code {
  /** Backticks that opened the code of this sentence; 0: none. */
  #inline = 0;
  /** A run of backticks or tildes of which more may come. */
  #run: { char: string; length: number; startsLine: boolean } | undefined;
  #proseIsFenced = false;

  get isInline(): boolean {
    return this.#inline > 0;
  }

  /** Whether a run of backticks or tildes has been read that `char` does not continue. */
  endsRun(char: string): boolean {
    return this.#run !== undefined && this.#run.char !== char;
  }

  /** Whether a run of backticks or tildes may go on. */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Code within a sentence does not go on in the next line. */
  endLine(): void {
    this.#inline = 0;
  }

  /** Backticks or tildes. One tilde is said: `~5 mg`. */
  readRun(cursor: Cursor, output: SpokenOutput): number {
    const { char } = cursor;
    if (this.#run?.char === char) {
      this.#run.length += 1;
      return 1;
    }
    if (char === '~') {
      if (cursor.next === '' && !cursor.final) return undecided;
      if (cursor.next !== '~') {
        output.say(char);
        return 1;
      }
    }
    this.#run = { char, length: 1, startsLine: output.startsLine };
    return 1;
  }

  /** Something else follows a run: what the run was. Returns what reads on. */
  endRun(output: SpokenOutput): Aside | undefined {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return undefined;
    if (run.startsLine && run.length >= 3) {
      output.paragraph();
      const closes = this.#proseIsFenced;
      this.#proseIsFenced = false;
      return closes
        ? undefined
        : new FenceLabel(run.char, run.length, () => {
            this.#proseIsFenced = true;
          });
    }
    if (run.char === '`') {
      if (this.#inline === 0) this.#inline = run.length;
      else if (this.#inline === run.length) this.#inline = 0;
    }
    return undefined;
  }
}

/** The rest of the line that opens a block, which names its language. */
class FenceLabel implements Aside {
  readonly #char: string;
  readonly #length: number;
  readonly #onProse: () => void;
  #label = '';

  constructor(char: string, length: number, onProse: () => void) {
    this.#char = char;
    this.#length = length;
    this.#onProse = onProse;
  }

  read(cursor: Cursor): Reading {
    const { char } = cursor;
    // Code within a sentence after all.
    if (char === this.#char) return { length: cursor.run };
    if (char !== '\n') {
      this.#label += char;
      return { length: 1, aside: this };
    }
    const [language = ''] = this.#label.trim().toLowerCase().split(/[\s{]/);
    if (!proseLabels.has(language)) return { length: 1, aside: new CodeBlock(this.#char, this.#length) };
    this.#onProse();
    // The newline is the text's, as what follows begins a line.
    return { length: 0 };
  }
}

/** A block of code, up to a line that begins with as many of the same marks as opened it. */
class CodeBlock implements Aside {
  readonly #char: string;
  readonly #length: number;
  #startsLine = true;
  #marks = 0;

  constructor(char: string, length: number) {
    this.#char = char;
    this.#length = length;
  }

  read({ char }: Cursor, output: SpokenOutput): Reading {
    if (this.#startsLine && char === this.#char) {
      this.#marks += 1;
      return { length: 1, aside: this };
    }
    if (this.#marks >= this.#length) {
      output.paragraph();
      return { length: 0 };
    }
    this.#marks = 0;
    if (char === '\n') this.#startsLine = true;
    else if (char !== ' ' && char !== '\t') this.#startsLine = false;
    return { length: 1, aside: this };
  }
}
