/**
 * JSON of a value that code of a persona made. Writes only as much of it as is wanted: `JSON.stringify`
 * of a huge value would block the server. Knows nothing of tools.
 */
import { types } from 'node:util';

/**
 * What `JSON.stringify` gives for `value`, up to a little more than `maxChars` UTF-16 units: what is
 * longer than that is cut, and no JSON.
 * @throws unknown for what JSON does not have, and whatever a getter or `toJSON` of the value throws
 */
export function boundedJson(value: unknown, maxChars: number): string {
  const writer = new BoundedWriter(maxChars);
  if (!writer.write('', value)) throw new TypeError(`a ${typeof value} is not JSON`);
  return writer.text;
}

class BoundedWriter {
  readonly #maxChars: number;
  /** Objects that are being written, each inside the one before. */
  readonly #open = new Set<object>();
  text = '';

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** @returns false where JSON has no such value; nothing is written then */
  write(key: string, given: unknown): boolean {
    const value = this.#plain(key, given);
    switch (typeof value) {
      case 'undefined':
      case 'function':
      case 'symbol':
        return false;
      case 'bigint':
        throw new TypeError('a bigint is not JSON');
      case 'string':
        this.text += JSON.stringify(value.slice(0, this.#maxChars + 1));
        return true;
      case 'number':
      case 'boolean':
        this.text += JSON.stringify(value);
        return true;
      case 'object':
        if (value === null) this.text += 'null';
        else this.#writeObject(value);
        return true;
    }
  }

  get #isFull(): boolean {
    return this.text.length > this.#maxChars;
  }

  #writeObject(value: object): void {
    if (this.#open.has(value)) throw new TypeError('an object that holds itself is not JSON');
    this.#open.add(value);
    if (Array.isArray(value)) this.#writeList(value);
    else this.#writeMembers(value as Record<string, unknown>);
    this.#open.delete(value);
  }

  #writeList(list: readonly unknown[]): void {
    this.text += '[';
    for (let index = 0; index < list.length && !this.#isFull; index += 1) {
      if (index > 0) this.text += ',';
      if (!this.write(String(index), list[index])) this.text += 'null';
    }
    this.text += ']';
  }

  #writeMembers(value: Record<string, unknown>): void {
    this.text += '{';
    let isFirst = true;
    for (const key of Object.keys(value)) {
      if (this.#isFull) break;
      const before = this.text;
      this.text += `${isFirst ? '' : ','}${JSON.stringify(key.slice(0, this.#maxChars + 1))}:`;
      if (this.write(key, value[key])) isFirst = false;
      else this.text = before;
    }
    this.text += '}';
  }

  /** As `JSON.stringify` begins with every value. */
  #plain(key: string, given: unknown): unknown {
    // Bytes would be a list, or an object with a key for each, before the first of them was written.
    let value = ArrayBuffer.isView(given) && !(given instanceof DataView) ? this.#someBytes(given) : given;
    if (typeof value === 'bigint' || (typeof value === 'object' && value !== null)) {
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON === 'function') value = toJSON.call(value, key) as unknown;
    }
    return types.isBoxedPrimitive(value) ? value.valueOf() : value;
  }

  #someBytes(bytes: ArrayBufferView): unknown {
    return (bytes as Uint8Array).subarray(0, this.#maxChars);
  }
}
