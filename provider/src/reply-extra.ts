/**
 * What this plugin stamps on a reply: LiveKit keeps it on the committed message, so that a message can be traced to the server's reply.
 * Knows nothing of streams.
 */
import type { llm } from '@livekit/agents';
import type { ReplyEnd } from '@ws-llm/client';

/** The key under which it stands in a message's `extra`. */
export const replyExtraKey = 'wsLlm';

/** Found by `replyExtraOf` on a message or a chunk that came from a `WebSocketLLM`. What follows `reply` is there once the reply is complete. */
export interface ReplyExtra {
  /** Id of the reply on the wire. */
  reply: string;
  finishReason?: string;
  /** The server's own clock, in milliseconds from the arrival of the request. */
  timing?: { queueMs: number; firstTokenMs?: number; totalMs: number };
  model?: string;
  backend?: string;
}

type Complete = Extract<ReplyEnd, { type: 'complete' }>;

/** @returns the value for `delta.extra` of the first chunk of a reply */
export function startExtra(reply: string): Record<string, unknown> {
  return { [replyExtraKey]: { reply } satisfies ReplyExtra };
}

/** @returns the value for `extra` of a call in a reply: a reply that only calls leaves no message */
export function callExtra(
  reply: string,
  extra: Record<string, unknown> | undefined,
): Record<string, unknown> {
  return { ...extra, ...startExtra(reply) };
}

/** @returns the value for `delta.extra` of the last chunk of a reply; it replaces the first one's */
export function endExtra(reply: string, end: Complete): Record<string, unknown> {
  return { [replyExtraKey]: toReplyExtra(reply, end) };
}

export function toReplyExtra(reply: string, end: Complete): ReplyExtra {
  const extra: ReplyExtra = { reply, finishReason: end.finishReason };
  if (end.timing !== undefined) {
    const { queue_ms: queueMs, first_token_ms: firstTokenMs, total_ms: totalMs } = end.timing;
    extra.timing = { queueMs, totalMs, ...(firstTokenMs !== undefined && { firstTokenMs }) };
  }
  if (end.model !== undefined) extra.model = end.model;
  if (end.backend !== undefined) extra.backend = end.backend;
  return extra;
}

export function toUsage(usage: NonNullable<Complete['usage']>): llm.CompletionUsage {
  return {
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
    promptCachedTokens: usage.cached_tokens ?? 0,
  };
}

/** What a `WebSocketLLM` left on a message (`conversation_item_added`), a call or a chunk's delta; undefined where it came from elsewhere. */
export function replyExtraOf(item: Pick<llm.ChatMessage, 'extra'> | llm.ChoiceDelta): ReplyExtra | undefined {
  return item.extra?.[replyExtraKey] as ReplyExtra | undefined;
}
