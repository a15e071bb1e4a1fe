/**
 * Keeps what people say out of the log, except at `debug`. LiveKit logs transcripts at `info` too, under keys that begin with `lk.pii.`, and
 * offers no switch; so those keys are taken out where its logger formats a record.
 */
import { log } from '@livekit/agents';

const privatePrefix = 'lk.pii.';

/** Call once, in the process of a job and before its session is made: child loggers copy what they inherit. */
export function keepLogPrivate(): void {
  const logger = log();
  if (logger.isLevelEnabled('debug')) return;
  // pino keeps formatters under a symbol of its own, which child loggers copy; it can be set only when a logger is made, which LiveKit does.
  const key = Object.getOwnPropertySymbols(logger).find(
    ({ description }) => description === 'pino.formatters',
  );
  if (key === undefined) {
    throw new Error('this version of LiveKit logs otherwise than expected; see private-log.ts');
  }
  const formatters: unknown = Reflect.get(logger, key);
  Reflect.set(logger, key, { ...(formatters as object), log: withoutPrivate });
}

function withoutPrivate(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !name.startsWith(privatePrefix)));
}
