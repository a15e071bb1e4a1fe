/** What crossed all sockets of one case, for whoever reads of a failure. */

/** Lines that a failure shows. */
const shownLines = 90;
const shownChars = 300;

export class Transcript {
  readonly #lines: string[] = [];
  readonly #startedAt = performance.now();

  /** `what`: who, and in which direction. */
  note(what: string, text: string): void {
    const ms = (performance.now() - this.#startedAt).toFixed(1).padStart(7);
    this.#lines.push(`${ms} ${what} ${text.length > shownChars ? `${text.slice(0, shownChars)}…` : text}`);
  }

  toString(): string {
    return this.#lines.slice(-shownLines).join('\n');
  }
}
