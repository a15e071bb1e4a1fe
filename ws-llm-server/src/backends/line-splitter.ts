/** Lines of a streamed body, whole however they were cut into chunks; a last line without a newline is a line too. One per body. */
import { StringDecoder } from 'node:string_decoder';
import { TooLongError } from './too-long.ts';

/** No server says so much in one line; without a bound a broken one would fill the memory. */
const maxLineChars = 16 * 1024 * 1024;

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  /** `onLine` hears each line, without its end. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /**
   * Hands on the lines that `chunk` completes.
   * @throws TooLongError if a line does not end; errors of `onLine`
   */
  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const piece = text.slice(from, end);
      const line = this.#rest === '' ? piece : this.#rest + piece;
      this.#rest = '';
      from = end + 1;
      this.#onLine(withoutReturn(line));
    }
    if (from < text.length) this.#rest += text.slice(from);
    if (this.#rest.length > maxLineChars) throw new TooLongError('a line', maxLineChars);
  }

  /** Hands on what came without an end of its own. */
  end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (last !== '') this.#onLine(withoutReturn(last));
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
