/** Buffers a response body between the socket, which pushes chunks, and its one reader. */
import { TooLongError } from './too-long.ts';

interface BodyReader {
  /** An error that it throws ends the reading. */
  onChunk: (chunk: Buffer) => void;
  /** Called once, at the end of a complete body; an error that it throws ends the reading. */
  onEnd: () => void;
}

interface Reader extends BodyReader {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * The reader arrives in the same turn of the event loop, so at most one socket read is buffered.
 */
const maxEarlyBytes = 1024 * 1024;

export class ArrivingBody {
  readonly #onUnreadable: (reason: Error) => void;
  /** Chunks that arrived before the reader. */
  readonly #early: Buffer[] = [];
  #earlyBytes = 0;
  #reader: Reader | undefined;
  #end: { error: Error | undefined } | undefined;

  /** `onUnreadable` is called if the reading fails before the body has ended. */
  constructor(onUnreadable: (reason: Error) => void) {
    this.#onUnreadable = onUnreadable;
  }

  get isReading(): boolean {
    return this.#reader !== undefined;
  }

  push(chunk: Buffer): void {
    if (this.#end !== undefined) return;
    if (this.#reader !== undefined) return this.#hand(chunk);
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > maxEarlyBytes) this.#fault(new TooLongError('an unread answer', maxEarlyBytes));
  }

  end(): void {
    this.#end ??= { error: undefined };
    this.#settle();
  }

  /** Chunks that arrived before are still handed on. */
  fail(error: Error): void {
    this.#end ??= { error };
    this.#settle();
  }

  /**
   * Hands on all chunks until the end. Call once. Rejects if the body breaks off or the reader
   * throws.
   */
  read(reader: BodyReader): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reader = { ...reader, resolve, reject };
      for (const chunk of this.#early.splice(0)) this.#hand(chunk);
      this.#settle();
    });
  }

  /** The reader needs no more: `read` resolves now, and later chunks are dropped. */
  finish(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#end ??= { error: undefined };
    reader?.resolve();
  }

  #hand(chunk: Buffer): void {
    try {
      this.#reader?.onChunk(chunk);
    } catch (error) {
      this.#fault(error as Error);
    }
  }

  /** The body could not be read, or the reader threw. */
  #fault(error: Error): void {
    const mayGoOn = this.#end === undefined;
    const reader = this.#reader;
    this.#reader = undefined;
    this.#end = { error };
    reader?.reject(error);
    if (mayGoOn) this.#onUnreadable(error);
  }

  #settle(): void {
    const reader = this.#reader;
    if (reader === undefined || this.#end === undefined) return;
    try {
      if (this.#end.error !== undefined) throw this.#end.error;
      reader.onEnd();
      reader.resolve();
    } catch (error) {
      reader.reject(error);
    }
    this.#reader = undefined;
  }
}
