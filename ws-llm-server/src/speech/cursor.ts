/**
 * Where the reading of a reply stands, and the rule of what may wait: only what began in the last chunk. Knows no mark.
 * A reading that returns `undecided` waits for the next chunk; with that one here the cursor is `final`, and must be read on.
 */

/** What a reading returns that wants to see more of the reply. Not allowed where the cursor is final. */
export const undecided = -1;

/** As much of what has been read as a mark may need to look back at. */
const rememberedChars = 6;

export class Cursor {
  #text = '';
  #at = 0;
  /** Up to here the text came with earlier chunks. */
  #newFrom = 0;
  #ended = false;

  /** The next chunk; what waited comes first. */
  feed(chunk: string): void {
    const start = Math.max(0, this.#at - rememberedChars);
    this.#newFrom = this.#text.length - start;
    this.#text = this.#text.slice(start) + chunk;
    this.#at -= start;
    this.#ended = false;
  }

  /** As `feed`, for a chunk that needed no reading. Only while nothing waits. */
  pass(chunk: string): void {
    this.#text = chunk.length < rememberedChars ? this.#text.slice(-rememberedChars) + chunk : chunk;
    this.#at = this.#text.length;
  }

  /** Nothing more comes: all that waits must be read. */
  end(): void {
    this.#ended = true;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Whether what stands here must be decided with what is known. */
  get final(): boolean {
    return this.#ended || this.#at < this.#newFrom;
  }

  /** The UTF-16 unit here. */
  get char(): string {
    return this.peek(0);
  }

  /** The unit after `char`; empty where it is not known yet. */
  get next(): string {
    return this.peek(1);
  }

  /** The unit before `char`; empty at the beginning of the reply. */
  get previous(): string {
    return this.peek(-1);
  }

  /** The unit so far from here; empty where there is none. */
  peek(offset: number): string {
    return this.#text[this.#at + offset] ?? '';
  }

  /** All that is known from here on. */
  get rest(): string {
    return this.#text.slice(this.#at);
  }

  /** The last few units before here. */
  get before(): string {
    return this.#text.slice(Math.max(0, this.#at - rememberedChars), this.#at);
  }

  /** How often `char` stands here in a row. */
  get run(): number {
    let length = 1;
    while (this.peek(length) === this.char) length += 1;
    return length;
  }

  /** What a sticky expression finds here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text) ?? undefined;
  }

  advance(length: number): void {
    this.#at += length;
  }
}
