/** The data of server-sent events, line by line; every other field, and comments, are passed over. One per stream. Pure. */
import { TooLongError } from './too-long.ts';

/** Limit for data of several lines. Servers send JSON in one line, which LineSplitter limits. */
const maxJoinedChars = 1024 * 1024;

export class EventData {
  #data: string | undefined;

  /**
   * The data of the event that this line ends; undefined for every other line.
   * @throws TooLongError if an event does not end
   */
  read(line: string): string | undefined {
    if (line === '') {
      const data = this.#data;
      this.#data = undefined;
      return data;
    }
    if (!line.startsWith('data:')) return undefined;
    const data = line.slice(line.charCodeAt(5) === 0x20 ? 6 : 5);
    if (this.#data === undefined) this.#data = data;
    else if (this.#data.length + data.length < maxJoinedChars) this.#data += `\n${data}`;
    else throw new TooLongError('an event', maxJoinedChars);
    return undefined;
  }
}
