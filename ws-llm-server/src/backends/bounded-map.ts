/**
 * A least-recently-used cache for what was learnt about names that clients choose: at most 256
 * entries, and no key of more than 1,000 characters.
 */

const maxEntries = 256;
const maxKeyChars = 1_000;

export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #onGone: (value: Value) => void;

  /** `onGone` is called with each evicted entry. */
  constructor(onGone: (value: Value) => void = () => undefined) {
    this.#onGone = onGone;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && this.#entries.size > 1) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: Value): void {
    if (key.length > maxKeyChars) return;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= maxEntries) return;
    for (const [oldest, gone] of this.#entries) {
      this.#entries.delete(oldest);
      return this.#onGone(gone);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }
}
