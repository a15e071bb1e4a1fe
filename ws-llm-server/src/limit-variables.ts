/**
 * The variables that set the server's bounds: names, ranges, defaults, and which of them contradict each other. Pure.
 * What each bound means is in PROTOCOL.md, section 8.
 */
import type { SharedLimits } from '@ws-llm/protocol';
import { z } from 'zod';
import { type ConnectionLimits, defaultLimits, defaultSharedLimits } from './limits.ts';

/** Node's timers fire at once for more than 31 bits. */
export const longestTimerMs = 2_147_483_647;

const mebibyte = 1024 * 1024;
/** A frame becomes one string, and V8's strings end at half a gibibyte. */
const largestFrameBytes = 256 * mebibyte;

/** For what has to wait at all. */
export const milliseconds = z.coerce
  .number({ error: `expected milliseconds, a number above 0 and up to ${longestTimerMs}` })
  .positive()
  .max(longestTimerMs);

function whole(min: number, max: number): z.ZodCoercedNumber {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.coerce
    .number({ error })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error });
}

export const limitVariables = {
  LIMIT_FRAME_BYTES: whole(1_024, largestFrameBytes).default(defaultLimits.frame_bytes),
  LIMIT_MESSAGES: whole(1, 1_000_000).default(defaultLimits.messages),
  LIMIT_LIST_BYTES: whole(1_024, 1_024 * mebibyte).default(defaultLimits.list_bytes),
  LIMIT_MIRRORS: whole(1, 10_000).default(defaultLimits.mirrors),
  LIMIT_OPEN_REQUESTS: whole(1, 100_000).default(defaultLimits.open_requests),
  LIMIT_TOOL_BYTES: whole(2, largestFrameBytes).default(defaultLimits.tool_bytes),
  // Ids are remembered, a thousand of them for each connection.
  LIMIT_ID_CHARS: whole(8, 512).default(defaultLimits.id_chars),
  LIMIT_KEY_CHARS: whole(8, 512).default(defaultLimits.key_chars),
  LIMIT_BUFFERED_BYTES: whole(16 * 1_024, 1_024 * mebibyte).default(defaultLimits.buffered_bytes),
  STALLED_TIMEOUT_MS: milliseconds.default(defaultLimits.stalled_ms),
  LIMIT_REPLY_CHARS: whole(1, 64 * mebibyte).default(defaultLimits.reply_chars),
  FIRST_TOKEN_TIMEOUT_MS: milliseconds.default(defaultLimits.first_token_ms),
  IDLE_TIMEOUT_MS: milliseconds.default(defaultLimits.idle_ms),
  TOTAL_TIMEOUT_MS: milliseconds.default(defaultLimits.total_ms),
  PING_INTERVAL_MS: milliseconds.default(defaultLimits.ping_interval_ms),
  SILENCE_TIMEOUT_MS: milliseconds.default(defaultLimits.silence_ms),
  LIMIT_SERVER_CONNECTIONS: whole(16, 1_000_000).default(defaultSharedLimits.connections),
  LIMIT_SERVER_REQUESTS: whole(16, 1_000_000).default(defaultSharedLimits.requests),
  LIMIT_SERVER_INPUT_BYTES: whole(mebibyte, 1_048_576 * mebibyte).default(defaultSharedLimits.input_bytes),
  LIMIT_SERVER_OUTPUT_BYTES: whole(mebibyte, 1_048_576 * mebibyte).default(defaultSharedLimits.output_bytes),
  LIMIT_SERVER_KEPT_BYTES: whole(mebibyte, 1_048_576 * mebibyte).default(defaultSharedLimits.kept_bytes),
};

const variables = z.object(limitVariables);
type LimitVariables = z.infer<typeof variables>;

export function toSharedLimits(value: LimitVariables): SharedLimits {
  return {
    connections: value.LIMIT_SERVER_CONNECTIONS,
    requests: value.LIMIT_SERVER_REQUESTS,
    input_bytes: value.LIMIT_SERVER_INPUT_BYTES,
    output_bytes: value.LIMIT_SERVER_OUTPUT_BYTES,
    kept_bytes: value.LIMIT_SERVER_KEPT_BYTES,
  };
}

export function toLimits(value: LimitVariables): ConnectionLimits {
  return {
    frame_bytes: value.LIMIT_FRAME_BYTES,
    messages: value.LIMIT_MESSAGES,
    list_bytes: value.LIMIT_LIST_BYTES,
    mirrors: value.LIMIT_MIRRORS,
    open_requests: value.LIMIT_OPEN_REQUESTS,
    tool_bytes: value.LIMIT_TOOL_BYTES,
    id_chars: value.LIMIT_ID_CHARS,
    key_chars: value.LIMIT_KEY_CHARS,
    buffered_bytes: value.LIMIT_BUFFERED_BYTES,
    stalled_ms: value.STALLED_TIMEOUT_MS,
    reply_chars: value.LIMIT_REPLY_CHARS,
    first_token_ms: value.FIRST_TOKEN_TIMEOUT_MS,
    idle_ms: value.IDLE_TIMEOUT_MS,
    total_ms: value.TOTAL_TIMEOUT_MS,
    ping_interval_ms: value.PING_INTERVAL_MS,
    silence_ms: value.SILENCE_TIMEOUT_MS,
  };
}

/** What cannot hold together, one line each, as an operator would mend it. Nothing where a variable is wrong by itself. */
export function limitContradictions(given: Record<string, string | undefined>): string[] {
  const { data } = variables.safeParse(given);
  if (data === undefined) return [];
  const problems: string[] = [];
  const { LIMIT_FRAME_BYTES: frame, LIMIT_TOOL_BYTES: tools } = data;
  if (tools > frame) {
    problems.push(
      `LIMIT_TOOL_BYTES: ${tools} never arrive in one frame; expected at most LIMIT_FRAME_BYTES, which is ${frame}`,
    );
  }
  const { PING_INTERVAL_MS: ping, SILENCE_TIMEOUT_MS: silence } = data;
  if (silence <= ping) {
    problems.push(
      `SILENCE_TIMEOUT_MS: ${silence} would close clients that are only waiting for a ping; expected more than PING_INTERVAL_MS, which is ${ping}`,
    );
  }
  return problems;
}
