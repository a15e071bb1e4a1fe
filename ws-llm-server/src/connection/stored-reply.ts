/** What a thread remembers of a reply. */
import type { Message } from '@ws-llm/protocol';
import { exchangeOf } from '../context/exchanges.ts';
import { toWireCall } from '../context/tool-call.ts';
import type { GenerationEnd } from '../reply/generation.ts';

/**
 * The messages to store, the reply's own last and under the name `reply` where it has one; undefined
 * where nothing is: a failure, or a cancel before anything was said.
 */
export function storedReply(end: GenerationEnd | undefined, replyName?: string): Message[] | undefined {
  if (end === undefined || end.type === 'failed') return undefined;
  const { text, toolCalls, toolUses, reason } = end;
  if (reason === 'cancelled' && text === '' && toolCalls.length === 0) return undefined;
  const reply: Message = {
    role: 'assistant',
    content: text,
    ...(replyName !== undefined && { reply: replyName }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toWireCall) }),
  };
  return [...exchangeOf(toolUses), reply];
}
