/** Lines of a body between the socket, which brings chunks, and the one reader who is handed them. Knows no HTTP. */
import { LineSplitter } from './line-splitter.ts';

/** Hears each line as it comes. What it throws ends the reading. */
export type OnLine = (line: string) => void;

interface Reader {
  onLine: OnLine;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class ArrivingLines {
  readonly #splitter = new LineSplitter((line) => this.#hand(line));
  readonly #onUnreadable: (reason: Error) => void;
  /** What came before there was a reader. */
  readonly #early: string[] = [];
  #reader: Reader | undefined;
  #over: { error: Error | undefined } | undefined;

  /** `onUnreadable` hears that nobody reads on, where there may be more. */
  constructor(onUnreadable: (reason: Error) => void) {
    this.#onUnreadable = onUnreadable;
  }

  push(chunk: Buffer): void {
    if (this.#over !== undefined) return;
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.#fault(error as Error);
    }
  }

  end(): void {
    if (this.#over !== undefined) return;
    try {
      this.#splitter.end();
      this.#end(undefined);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** What came before is handed on all the same. */
  fail(error: Error): void {
    if (this.#over === undefined) this.#end(error);
  }

  /** Hands on what came and what comes, until the end; once. Rejects where the body breaks off, and with what `onLine` throws. */
  read(onLine: OnLine): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reader = { onLine, resolve, reject };
      try {
        for (const line of this.#early.splice(0)) this.#hand(line);
        this.#tell();
      } catch (error) {
        this.#fault(error as Error);
      }
    });
  }

  #hand(line: string): void {
    if (this.#reader === undefined) this.#early.push(line);
    else this.#reader.onLine(line);
  }

  /** Of what was read, or of whoever reads. */
  #fault(error: Error): void {
    const mayGoOn = this.#over === undefined;
    this.#end(error);
    if (mayGoOn) this.#onUnreadable(error);
  }

  #end(error: Error | undefined): void {
    this.#over = { error };
    this.#tell();
  }

  #tell(): void {
    const reader = this.#reader;
    if (reader === undefined || this.#over === undefined) return;
    this.#reader = undefined;
    if (this.#over.error === undefined) reader.resolve();
    else reader.reject(this.#over.error);
  }
}
