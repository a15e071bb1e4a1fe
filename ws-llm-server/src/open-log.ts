/**
 * The server's log and its first screen, as the process writes them: JSON lines, or words on a terminal.
 * Whatever is logged, and wherever it goes, logging neither throws nor blocks.
 */
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { Logger } from './logger.ts';
import { LogStream, type LossReason } from './log-stream.ts';
import { detailsOf } from './thrown.ts';

type Level = keyof Logger;
type Format = (json: string) => string;

export interface Log {
  logger: Logger;
  /** Writes what is left, for at most `withinMs`. Lines that come later are dropped. */
  close(withinMs: number): Promise<void>;
}

/** @param fd where to write; usually 2 */
export async function openLog(fd: number, level: string): Promise<Log> {
  const format = isatty(fd) ? await wordsFormat() : (json: string): string => json;
  const stream = new LogStream(fd, {
    reportLoss: (lost, reason) => format(`${JSON.stringify(lossEntry(lost, reason))}\n`),
  });
  const sink = pino(
    // A serializer of pino's reads every property of an error; they may throw, or hold what people said.
    { level, base: null, serializers: { err: detailsOf, error: detailsOf } },
    { write: (json) => stream.write(format(json)) },
  );
  const at =
    (name: Level) =>
    (fields: Record<string, unknown>, message: string): void => {
      try {
        sink[name](fields, message);
      } catch {
        // A field that cannot be written as JSON costs its line, not what was being done.
        sink.error({ line: message }, 'a log line could not be written');
      }
    };
  return {
    logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    close: (withinMs) => stream.close(withinMs),
  };
}

function lossEntry(lost: number, reason: LossReason): Record<string, unknown> {
  const why = reason === 'slow' ? 'was not read fast enough' : `could not be written (${reason})`;
  const lines = lost === 1 ? '1 log line was' : `${lost.toLocaleString('en')} log lines were`;
  return { level: 40, time: Date.now(), lost, reason, msg: `${lines} lost while the log ${why}` };
}

/** For people at a terminal; a line that it cannot format stays as it is. */
async function wordsFormat(): Promise<Format> {
  const { prettyFactory } = await import('pino-pretty');
  const words = prettyFactory({});
  return (json) => {
    try {
      const text: unknown = words(json);
      // It gives nothing for what it leaves out.
      return typeof text === 'string' ? text : '';
    } catch {
      return json;
    }
  };
}
