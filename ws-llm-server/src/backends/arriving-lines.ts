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
  /** What came and was not read yet. */
  #arrived: string[] = [];
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
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#serve();
    });
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
    // A read of the socket brings many chunks, one call after the other: the reader gets their lines together, right after the last.
    if (this.#arrived.length === 0 && this.#reader !== undefined) queueMicrotask(() => this.#serve());
    for (const line of lines) this.#arrived.push(line);
  }

  #serve(): void {
    const reader = this.#reader;
    if (reader === undefined || (this.#arrived.length === 0 && this.#over === undefined)) return;
    this.#reader = undefined;
    if (this.#arrived.length > 0) {
      const value = this.#arrived;
      this.#arrived = [];
      reader.resolve({ value, done: false });
    } else if (this.#over?.error === undefined) reader.resolve({ value: undefined, done: true });
    else reader.reject(this.#over.error);
  }

  #settle(error: Error | undefined): void {
    this.#over = { error };
    this.#serve();
  }
}
