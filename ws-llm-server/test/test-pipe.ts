/** Named pipes of a test: full, without a reader, or read when the test wants. Gone when the test ends. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface TestPipe {
  path: string;
  /** For a process or a stream that writes to it. Writing to it blocks, as a shell opens it. */
  writeEnd: number;
  /** As Node makes the pipes of its own standard output. */
  nonBlockingEnd: number;
  /** Fills the pipe, so that the next write finds no room. */
  fill(): void;
  /** Reads all that is in it now. */
  drain(): string;
  /** From now on nobody reads it: writing is EPIPE. */
  closeReader(): void;
  openReader(): void;
}

export function testPipe(): TestPipe {
  const folder = mkdtempSync(join(tmpdir(), 'ws-llm-pipe-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  let reader: number | undefined;
  const openReader = (): void => {
    reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  };
  const closeReader = (): void => {
    if (reader !== undefined) closeSync(reader);
    reader = undefined;
  };
  openReader();
  const writeEnd = openSync(path, constants.O_WRONLY);
  const nonBlockingEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  onTestFinished(() => {
    closeReader();
    closeSync(writeEnd);
    closeSync(nonBlockingEnd);
    rmSync(folder, { recursive: true });
  });
  return {
    path,
    writeEnd,
    nonBlockingEnd,
    fill() {
      const piece = Buffer.alloc(4_096, '.');
      while (untilFull(() => writeSync(nonBlockingEnd, piece)) > 0);
    },
    drain() {
      const piece = Buffer.alloc(65_536);
      let text = '';
      for (;;) {
        const from = reader;
        if (from === undefined) throw new Error('the reader of this pipe is closed');
        const length = untilFull(() => readSync(from, piece));
        if (length === 0) return text;
        text += piece.toString('utf8', 0, length);
      }
    },
    closeReader,
    openReader,
  };
}

/** 0 where the pipe has no room, or nothing in it. */
function untilFull(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}
