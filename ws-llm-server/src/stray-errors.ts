/**
 * Errors that nothing catches, in the process of the server. The rule:
 *
 * - An error in code that is not the server's (a persona's tools, a backend module, what these import)
 *   is logged with the file that caused it, and the server goes on.
 * - A promise that is rejected and not awaited is logged, whatever its code, and the server goes on.
 * - An error in any other code may have left the server's own state half changed: it is logged, and
 *   `onFault` ends the server as a signal does.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runningForeignFile } from './foreign-code.ts';
import type { Logger } from './logger.ts';
import { packageFolder } from './package-folder.ts';

export interface StrayErrorOptions {
  logger: Logger;
  /** Absolute paths of folders with code that is not the server's. */
  foreignFolders: readonly string[];
  /** An error was logged that may be the server's own. */
  onFault: () => void;
}

interface Blame {
  /** File of the code that is not the server's; undefined: the error names none. */
  file: string | undefined;
  /** Where it happened. Without the error's message, which may hold what people said. */
  at: string[];
}

/** Of a stack, in a log line. */
const maxFrames = 5;
const maxStackChars = 10_000;
const ownFolders = ['src', 'dist'].map((name) => folderMarks(fileURLToPath(new URL(name, packageFolder))));

/** Catches them until the returned function is called. */
export function catchStrayErrors(options: StrayErrorOptions): () => void {
  const { logger, onFault } = options;
  const foreign = options.foreignFolders.map(folderMarks);
  const onError = (thrown: unknown): void => {
    const blame = blameOf(thrown, foreign);
    if (blame === undefined) {
      logger.error({ err: thrown }, 'an error was not caught; the server stops');
      return onFault();
    }
    logger.error({ ...blame }, "an error in code that is not the server's was not caught");
    logger.debug({ err: thrown }, 'the error that was not caught');
  };
  const onRejection = (thrown: unknown): void => {
    const blame = blameOf(thrown, foreign);
    if (blame === undefined) logger.error({ err: thrown }, 'a rejected promise was not awaited');
    else {
      logger.error({ ...blame }, "a rejected promise of code that is not the server's was not awaited");
      logger.debug({ err: thrown }, 'the rejection that was not awaited');
    }
  };
  process.on('uncaughtException', onError);
  process.on('unhandledRejection', onRejection);
  return () => {
    process.off('uncaughtException', onError);
    process.off('unhandledRejection', onRejection);
  };
}

/** Undefined: the error may be the server's own. */
function blameOf(thrown: unknown, foreignFolders: readonly string[][]): Blame | undefined {
  const frames = framesOf(thrown);
  const at = (frames ?? []).slice(0, maxFrames).map((line) => line.trim());
  const running = runningForeignFile();
  if (running !== undefined) return { file: running, at };
  // The server and its packages throw errors, and errors have stacks.
  if (frames === undefined) return { file: undefined, at };
  for (const frame of frames) {
    // Node's own, and packages, which both sides use: the code that called them is to blame.
    if (frame.includes('node:') || frame.includes('/node_modules/')) continue;
    if (ownFolders.some((marks) => isIn(frame, marks))) return undefined;
    const isForeign = frame.includes('.tools.js') || foreignFolders.some((marks) => isIn(frame, marks));
    if (isForeign) return { file: fileIn(frame), at };
  }
  return undefined;
}

/** Undefined: it is no error, or its stack cannot be read. Never throws. */
function framesOf(thrown: unknown): string[] | undefined {
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    if (typeof stack !== 'string') return undefined;
    // They stand behind the message, which may be long.
    const lines = stack.slice(-maxStackChars).split('\n');
    return lines.filter((line) => line.startsWith('    at '));
  } catch {
    return undefined;
  }
}

/** How stacks write the folder: modules as addresses, scripts as paths. */
function folderMarks(path: string): string[] {
  const folder = path.endsWith('/') ? path : `${path}/`;
  return [pathToFileURL(folder).href, `(${folder}`, `at ${folder}`];
}

function isIn(frame: string, marks: readonly string[]): boolean {
  return marks.some((mark) => frame.includes(mark));
}

/** `    at ring (file:///personas/porter.tools.js?reload=1:3:9)`: the address, without line and column. */
function fileIn(frame: string): string {
  const place = frame.slice(Math.max(frame.lastIndexOf('('), frame.lastIndexOf('at ') + 2) + 1);
  return place.replace(/(?:\?reload=\d+)?(?::\d+){0,2}\)?$/, '');
}
