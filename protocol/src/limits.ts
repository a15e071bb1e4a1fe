/**
 * What a server bounds, as it tells in `ready`. Every one is finite.
 * The values are the server's; only their names and units are here.
 */
import { z } from 'zod';

const bound = z.number().nonnegative();

/** What several clients may hold together. */
const sharedLimits = z.object({
  /** Open sockets. */
  connections: bound,
  /** Requests that run or wait, questions about ended replies included. */
  requests: bound,
  /** Bytes of input whose request has not ended, incomplete messages included. */
  input_bytes: bound,
  /** Bytes of output that clients have not taken. */
  output_bytes: bound,
  /** Bytes of what is kept for later requests: threads, mirrors, tool exchanges. */
  kept_bytes: bound,
});
export type SharedLimits = z.infer<typeof sharedLimits>;

export const limits = z.object({
  /** UTF-8 bytes of one frame. */
  frame_bytes: bound,
  /** Messages in one request's whole list. */
  messages: bound,
  /** UTF-8 bytes of one request's whole list. */
  list_bytes: bound,
  /** Mirrors kept per connection. */
  mirrors: bound,
  /** Requests that run or wait on one connection. */
  open_requests: bound,
  /** UTF-8 bytes of `tools`. */
  tool_bytes: bound,
  /** UTF-16 units of an id. */
  id_chars: bound,
  /** UTF-16 units of a mirror's key or a thread's name. */
  key_chars: bound,
  /** Bytes of output that a client may leave untaken. */
  buffered_bytes: bound,
  /** How long a client may take none of the output that waits for it. */
  stalled_ms: bound,
  /** UTF-16 units of one reply's text, and as many of each other kind of content. */
  reply_chars: bound,
  first_token_ms: bound,
  idle_ms: bound,
  total_ms: bound,
  ping_interval_ms: bound,
  silence_ms: bound,
  /**
   * What clients share: all of the server, all of this client's role, and for guests all of one
   * network address. Absent: the server has no such bounds.
   */
  shared: z.object({ server: sharedLimits, role: sharedLimits, address: sharedLimits.optional() }).optional(),
});
export type Limits = z.infer<typeof limits>;
