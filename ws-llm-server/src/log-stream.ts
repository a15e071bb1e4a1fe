/**
 * Lines of text for standard output or standard error, written so that a full disk, a closed pipe, a
 * reader that does not read or a stopped terminal never blocks or ends the process. Lines that find no
 * room are counted and reported in their place. Knows nothing of log levels.
 */
import { closeSync, constants, openSync, write as writeToFile } from 'node:fs';
import { isatty } from 'node:tty';

/** Why lines were lost: the code of the system's error, or `slow`: the reader did not keep up. */
export type LossReason = string;

export interface LogStreamOptions {
  /** Bytes that may wait to be written. Default 1 MiB. */
  maxBytes?: number;
  /** Pause after a write that failed, in ms. A pipe without room is tried again ten times as often. Default 1 s. */
  retryMs?: number;
  /**
   * The line that stands where `lost` lines are missing, with its line feed; written once writing works
   * again. Default: there is none.
   */
  reportLoss?: (lost: number, reason: LossReason) => string;
}

/** Many lines are written at once, at most so many bytes of them. */
const maxChunkBytes = 65_536;

export class LogStream {
  readonly #fd: number;
  /** Whether `#fd` was opened here. */
  readonly #isOwn: boolean;
  readonly #maxBytes: number;
  readonly #retryMs: number;
  readonly #reportLoss: LogStreamOptions['reportLoss'];
  #lines: string[] = [];
  /** Of `#lines` and of `#chunk`. */
  #bytes = 0;
  /** What is being written; never dropped, so that no half line stays in a file. */
  #chunk: Buffer | undefined;
  #isWriting = false;
  #retry: NodeJS.Timeout | undefined;
  #failure: LossReason | undefined;
  #lost = 0;
  #lossReason: LossReason = 'slow';
  #isClosed = false;
  /** Ends the wait of `close`. */
  #onIdle: (() => void) | undefined;

  /** @param fd 1 or 2, or a pipe whose writes do not block */
  constructor(fd: number, { maxBytes = 1024 * 1024, retryMs = 1_000, reportLoss }: LogStreamOptions = {}) {
    const own = openTerminal(fd);
    this.#fd = own ?? fd;
    this.#isOwn = own !== undefined;
    this.#maxBytes = maxBytes;
    this.#retryMs = retryMs;
    this.#reportLoss = reportLoss;
  }

  /** Why the last write failed; undefined: it did not, or nothing was written yet. */
  get failure(): LossReason | undefined {
    return this.#failure;
  }

  /** Queues `line`, which ends with a line feed. Never throws, never blocks. */
  write(line: string): void {
    if (line === '') return;
    const size = Buffer.byteLength(line);
    // Once a line is lost, those behind it are too, until the report that stands in their place is written.
    if (this.#isClosed || this.#lost > 0 || (this.#bytes > 0 && this.#bytes + size > this.#maxBytes)) {
      if (this.#lost === 0) this.#lossReason = this.#failure ?? 'slow';
      this.#lost += 1;
      return;
    }
    this.#push(line, size);
    this.#pump();
  }

  /**
   * Takes no more lines. Resolves when all are written, when writing fails, or after `withinMs`,
   * whichever comes first.
   */
  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    let deadline: NodeJS.Timeout | undefined;
    const done = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, withinMs);
      this.#onIdle = resolve;
    });
    // Writing may work again since it failed last.
    this.#stopRetry();
    this.#pump();
    this.#endIfIdle();
    await done;
    clearTimeout(deadline);
    this.#stopRetry();
    if (this.#isOwn && !this.#isWriting) closeSync(this.#fd);
  }

  #push(line: string, size: number): void {
    this.#lines.push(line);
    this.#bytes += size;
  }

  #pump(): void {
    if (this.#isWriting || this.#retry !== undefined) return;
    this.#chunk ??= this.#nextChunk();
    if (this.#chunk === undefined) return;
    this.#isWriting = true;
    writeToFile(this.#fd, this.#chunk, (error, written) => {
      this.#isWriting = false;
      if (error !== null) this.#failed(error.code ?? error.name);
      else if (written === 0) this.#failed('EAGAIN');
      else this.#wrote(written);
    });
  }

  #nextChunk(): Buffer | undefined {
    let size = 0;
    let count = 0;
    for (const line of this.#lines) {
      if (size >= maxChunkBytes) break;
      size += Buffer.byteLength(line);
      count += 1;
    }
    return count === 0 ? undefined : Buffer.from(this.#lines.splice(0, count).join(''));
  }

  #wrote(count: number): void {
    this.#failure = undefined;
    this.#bytes -= count;
    const rest = this.#chunk?.subarray(count);
    this.#chunk = rest === undefined || rest.length === 0 ? undefined : rest;
    if (this.#lost > 0 && this.#chunk === undefined) this.#report();
    this.#pump();
    this.#endIfIdle();
  }

  /** Behind the lines that were queued when the first one was lost, before all that come now. */
  #report(): void {
    const line = this.#reportLoss?.(this.#lost, this.#lossReason);
    this.#lost = 0;
    if (line !== undefined) this.#push(line, Buffer.byteLength(line));
  }

  #failed(code: string): void {
    const isFull = code === 'EAGAIN';
    this.#failure = isFull ? 'slow' : code;
    // Of lines that were lost for several reasons the last one is what the operator can act on.
    if (this.#lost > 0) this.#lossReason = this.#failure;
    // What failed for another reason than a full pipe will not be written before the process ends.
    if (this.#isClosed && !isFull) return this.#onIdle?.();
    const again = (): void => {
      this.#retry = undefined;
      this.#pump();
    };
    this.#retry = setTimeout(again, isFull ? this.#retryMs / 10 : this.#retryMs).unref();
  }

  #endIfIdle(): void {
    if (this.#chunk === undefined && this.#lines.length === 0) this.#onIdle?.();
  }

  #stopRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}

/**
 * A file descriptor of our own for the terminal behind `fd`, whose writes do not block; undefined: `fd` is
 * no terminal, or cannot be opened anew. Setting the flag on `fd` would set it for the shell as well. For
 * pipes and sockets Node has set it, when `process.stdout` and `process.stderr` were first read.
 */
function openTerminal(fd: number): number | undefined {
  if (!isatty(fd)) return undefined;
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // Without /proc, or for a terminal of another user, a stopped terminal delays the end of the process.
    return undefined;
  }
}
