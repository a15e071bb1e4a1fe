/**
 * LiveKit's log as lines that a person reads, for a terminal: time, level, message, then short
 * values. It leaves out stacks and nested objects, which are there at `debug`. Where the output is
 * not a terminal the log stays JSON.
 */
import { log, loggerOptions } from '@livekit/agents';

/** Fields that say nothing to a person who started one program. */
const dull = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'version', 'region']);
const levels: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'ERROR',
  60: 'FATAL',
};

interface Output {
  write(text: string): unknown;
}

/** What pino's `multistream` has: LiveKit's logger writes its lines to each of these. */
interface Streams {
  streams: { stream: Output }[];
}

/**
 * Call once per process, after LiveKit has made its logger. Does nothing where the output is not a
 * terminal, or where LiveKit itself formats the lines (its `dev` command).
 */
export function keepLogReadable(output: Output & { isTTY?: boolean } = process.stdout): void {
  if (output.isTTY !== true || loggerOptions()?.pretty === true) return;
  const logger = log();
  // pino keeps its destination under a symbol. Where another version keeps it elsewhere, the log
  // stays JSON.
  const key = symbolsOf(logger).find(({ description }) => description === 'pino.stream');
  const { streams = [] } = key === undefined ? {} : (Reflect.get(logger, key) as Partial<Streams>);
  const lines = streams.find(({ stream }) => stream === process.stdout);
  if (lines === undefined) return;
  const showsDetails = logger.isLevelEnabled('debug');
  lines.stream = { write: (line) => output.write(toReadableLine(line, showsDetails)) };
}

/** A symbol of an object, or of one that it inherits from: child loggers inherit theirs. */
function symbolsOf(object: object): symbol[] {
  const symbols: symbol[] = [];
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    symbols.push(...Object.getOwnPropertySymbols(at));
  }
  return symbols;
}

/** @param line one JSON object; anything else is returned as it is */
export function toReadableLine(line: string, showsDetails: boolean): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time, level, msg } = record;
  const values = Object.entries(record).flatMap(([name, value]) => {
    const text = dull.has(name) ? undefined : textOf(value, showsDetails);
    return text === undefined ? [] : [`${name}=${text}`];
  });
  const clock = new Date(typeof time === 'number' ? time : Date.now()).toTimeString().slice(0, 8);
  const words = [
    clock,
    (levels[Number(level)] ?? 'info').padEnd(5),
    printable(typeof msg === 'string' ? msg : ''),
  ];
  const stack = showsDetails ? stackOf(record['error'] ?? record['err']) : '';
  return `${[...words, ...values].join('  ')}\n${stack}`;
}

function textOf(value: unknown, showsDetails: boolean): string | undefined {
  switch (typeof value) {
    case 'string':
      return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object': {
      const message = value !== null && 'message' in value ? value.message : undefined;
      if (typeof message === 'string' && message !== '') return JSON.stringify(message);
      return value !== null && showsDetails ? JSON.stringify(value) : undefined;
    }
    default:
      return undefined;
  }
}

function stackOf(error: unknown): string {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
  return typeof stack === 'string' ? `${stack.replaceAll(/^/gm, '    ')}\n` : '';
}

/** A message may hold text of another program; a terminal would obey its control characters. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
