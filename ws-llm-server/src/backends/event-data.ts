/** The data of server-sent events, line by line; every other field, and comments, are passed over. One per stream. Pure. */

export class EventData {
  #data: string | undefined;

  /** The data of the event that this line ends; undefined for every other line. */
  read(line: string): string | undefined {
    if (line === '') {
      const data = this.#data;
      this.#data = undefined;
      return data;
    }
    if (!line.startsWith('data:')) return undefined;
    const data = line.slice(line.charCodeAt(5) === 0x20 ? 6 : 5);
    this.#data = this.#data === undefined ? data : `${this.#data}\n${data}`;
    return undefined;
  }
}
