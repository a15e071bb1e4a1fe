/** Whole frames of a v1 server, for tests that only care about a few of their keys. */
import type { CompleteFrame, ReadyFrame } from '@ws-llm/protocol';

export function ready(limits: Partial<ReadyFrame['limits']> = {}): ReadyFrame {
  return {
    type: 'ready',
    server: 'scripted 1',
    persona: { name: 'plain', title: 'Plain', suggestions: [] },
    personas: [],
    backend: 'demo',
    limits: {
      frame_bytes: 1_000_000,
      messages: 100,
      list_bytes: 1_000_000,
      mirrors: 1,
      open_requests: 16,
      tool_bytes: 10_000,
      id_chars: 64,
      key_chars: 64,
      buffered_bytes: 1_000_000,
      stalled_ms: 10_000,
      reply_chars: 100_000,
      first_token_ms: 10_000,
      idle_ms: 10_000,
      total_ms: 60_000,
      ping_interval_ms: 20_000,
      silence_ms: 30_000,
      ...limits,
    },
    features: ['standalone'],
  };
}

export function delta(id: string, content: string): object {
  return { type: 'delta', id, content };
}

export function complete(id: string, finishReason: CompleteFrame['finish_reason'] = 'stop'): CompleteFrame {
  return {
    type: 'complete',
    id,
    finish_reason: finishReason,
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    timing: { queue_ms: 0, first_token_ms: 1, total_ms: 2 },
    model: 'm',
    backend: 'demo',
  };
}

/** A request that says `content`. */
export function say(
  content: string,
  id?: string,
): { id?: string; messages: [{ role: 'user'; content: string }] } {
  return { ...(id !== undefined && { id }), messages: [{ role: 'user', content }] };
}
