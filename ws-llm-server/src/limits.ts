/** The server's bounds, with its defaults. What each means is in PROTOCOL.md, section 8. */
import type { Limits, SharedLimits } from '@ws-llm/protocol';

/** Of one connection and its requests. */
export type ConnectionLimits = Omit<Limits, 'shared'>;

const mebibyte = 1024 * 1024;

/** Every bound is finite. `frame_bytes` stays under 1 MiB, where the public proof of concept closes. */
export const defaultLimits: ConnectionLimits = {
  frame_bytes: 1024 * 1024 - 1,
  messages: 1_000,
  list_bytes: 1024 * 1024,
  mirrors: 8,
  open_requests: 64,
  tool_bytes: 128 * 1024,
  id_chars: 128,
  key_chars: 128,
  buffered_bytes: 1024 * 1024,
  stalled_ms: 10_000,
  reply_chars: 64 * 1024,
  first_token_ms: 60_000,
  idle_ms: 30_000,
  total_ms: 300_000,
  ping_interval_ms: 20_000,
  silence_ms: 30_000,
};

/** Of all clients together: a process with a heap of 512 MiB survives when all of it is used. */
export const defaultSharedLimits: SharedLimits = {
  connections: 16_384,
  requests: 2_048,
  input_bytes: 128 * mebibyte,
  output_bytes: 48 * mebibyte,
  kept_bytes: 96 * mebibyte,
};
