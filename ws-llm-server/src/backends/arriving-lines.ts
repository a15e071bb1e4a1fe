/** Lines of a body between the socket, which brings chunks, and the one reader who is handed them. Knows no HTTP. */
import { LineSplitter } from './line-splitter.ts';

/** Hears lines as they come, those together that came together. What it throws ends the reading. */
export type OnLines = (lines: readonly string[]) => void;

interface Reader {
  onLines: OnLines;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class ArrivingLines {
  readonly #splitter = new LineSplitter();
  readonly #onUnreadable: (reason: Error) => void;
  /** What came and was not handed on yet. */
  #arrived: string[] = [];
  #reader: Reader | undefined;
  #over: { error: Error | undefined } | undefined;

  /** `onUnreadable` hears that nobody reads on, where there may be more. */
  constructor(onUnreadable: (reason: Error) => void) {
    this.#onUnreadable = onUnreadable;
  }

  push(chunk: Buffer): void {
    if (this.#over !== undefined) return;
    try {
      this.#hand(this.#splitter.push(chunk));
    } catch (error) {
      this.#onUnreadable(error as Error);
    }
  }

  end(): void {
    if (this.#over !== undefined) return;
    this.#hand(this.#splitter.end());
    this.#settle(undefined);
  }

  /** What came before is handed on all the same. */
  fail(error: Error): void {
    if (this.#over === undefined) this.#settle(error);
  }

  /** Hands on what came and what comes, until the end; once. Rejects where the body breaks off, and with what `onLines` throws. */
  read(onLines: OnLines): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reader = { onLines, resolve, reject };
      this.#serve();
    });
  }

  #hand(lines: readonly string[]): void {
    if (lines.length === 0) return;
    // A read of the socket brings many chunks, one call after the other: the reader gets their lines together, right after the last.
    if (this.#arrived.length === 0 && this.#reader !== undefined) queueMicrotask(() => this.#serve());
    for (const line of lines) this.#arrived.push(line);
  }

  #serve(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    if (this.#arrived.length > 0) {
      const lines = this.#arrived;
      this.#arrived = [];
      try {
        reader.onLines(lines);
      } catch (error) {
        this.#reader = undefined;
        reader.reject(error);
        if (this.#over === undefined) this.#onUnreadable(error as Error);
        return;
      }
    }
    if (this.#over === undefined) return;
    this.#reader = undefined;
    if (this.#over.error === undefined) reader.resolve();
    else reader.reject(this.#over.error);
  }

  #settle(error: Error | undefined): void {
    this.#over = { error };
    this.#serve();
  }
}
