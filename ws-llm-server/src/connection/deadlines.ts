/** How long a client's request may take: what it asks for, within what the server allows. */
import type { ChatFrame, Limits } from '@ws-llm/protocol';
import type { Deadlines } from '../reply/generation.ts';

export function deadlinesOf(limits: Limits, asked: ChatFrame['deadlines'] = {}): Deadlines {
  return {
    firstTokenMs: Math.min(asked.first_token_ms ?? Infinity, limits.first_token_ms),
    idleMs: Math.min(asked.idle_ms ?? Infinity, limits.idle_ms),
    totalMs: Math.min(asked.total_ms ?? Infinity, limits.total_ms),
  };
}
