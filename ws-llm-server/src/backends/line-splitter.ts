/** Lines of a streamed body, whole however they were cut into chunks; a last line without a newline is a line too. One per body. */
import { StringDecoder } from 'node:string_decoder';

/** No server says so much in one line; without a bound a broken one would fill the memory. */
const maxLineChars = 16 * 1024 * 1024;

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The lines that `chunk` completes, without their ends. @throws RangeError for one that never ends */
  push(chunk: Buffer): string[] {
    const text = this.#decoder.write(chunk);
    const lines: string[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const piece = text.slice(from, end);
      lines.push(withoutReturn(this.#rest === '' ? piece : this.#rest + piece));
      this.#rest = '';
      from = end + 1;
    }
    if (from < text.length) this.#rest += text.slice(from);
    if (this.#rest.length > maxLineChars)
      throw new RangeError(`a line of more than ${maxLineChars} characters`);
    return lines;
  }

  end(): string[] {
    const last = this.#rest + this.#decoder.end();
    this.#rest = '';
    return last === '' ? [] : [withoutReturn(last)];
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
