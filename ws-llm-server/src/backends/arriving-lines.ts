/** Lines of a body between the socket, which brings chunks, and the one reader who takes them as they come. Knows no HTTP. */
import { LineSplitter } from './line-splitter.ts';

type Lines = readonly string[];

interface Reader {
  resolve: (result: IteratorResult<Lines, undefined>) => void;
  reject: (error: unknown) => void;
}

export class ArrivingLines implements AsyncIterableIterator<Lines, undefined> {
  readonly #splitter = new LineSplitter();
  readonly #onUnread: (reason: Error) => void;
  /** What came before the reader asked for it. */
  #arrived: Lines[] = [];
  #reader: Reader | undefined;
  #over: { error: Error | undefined } | undefined;

  /** `onUnread` hears that nobody reads on, where there may be more. */
  constructor(onUnread: (reason: Error) => void) {
    this.#onUnread = onUnread;
  }

  push(chunk: Buffer): void {
    if (this.#over !== undefined) return;
    try {
      this.#hand(this.#splitter.push(chunk));
    } catch (error) {
      this.#onUnread(error as Error);
    }
  }

  end(): void {
    if (this.#over !== undefined) return;
    this.#hand(this.#splitter.end());
    this.#settle(undefined);
  }

  /** What came before is read all the same. */
  fail(error: Error): void {
    if (this.#over === undefined) this.#settle(error);
  }

  /** One reader, one call at a time. */
  next(): Promise<IteratorResult<Lines, undefined>> {
    const value = this.#arrived.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#over === undefined) {
      return new Promise((resolve, reject) => {
        this.#reader = { resolve, reject };
      });
    }
    const { error } = this.#over;
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }

  return(): Promise<IteratorResult<Lines, undefined>> {
    if (this.#over === undefined) this.#onUnread(new Error('nobody reads on'));
    this.#arrived = [];
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #hand(lines: Lines): void {
    if (lines.length === 0) return;
    if (this.#reader === undefined) return void this.#arrived.push(lines);
    this.#reader.resolve({ value: lines, done: false });
    this.#reader = undefined;
  }

  #settle(error: Error | undefined): void {
    this.#over = { error };
    if (error === undefined) this.#reader?.resolve({ value: undefined, done: true });
    else this.#reader?.reject(error);
    this.#reader = undefined;
  }
}
