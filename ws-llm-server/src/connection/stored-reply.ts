/** What a thread remembers of a reply. */
import type { Message } from '@ws-llm/protocol';
import type { GenerationEnd } from '../generation.ts';

/** The message to store, under the id of its request where it has one; undefined where nothing is: a failure, or a cancel before anything was said. */
export function storedReply(end: GenerationEnd | undefined, id?: string): Message | undefined {
  if (end === undefined || end.type === 'failed') return undefined;
  const { text, toolCalls, reason } = end;
  if (reason === 'cancelled' && text === '' && toolCalls.length === 0) return undefined;
  return {
    role: 'assistant',
    content: text,
    ...(id !== undefined && { reply: id }),
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map(({ id: callId, name, arguments: args }) => ({
        id: callId,
        type: 'function' as const,
        function: { name, arguments: args },
      })),
    }),
  };
}
