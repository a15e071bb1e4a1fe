/** What a thread remembers of a reply. */
import type { Message } from '@ws-llm/protocol';
import type { GenerationEnd } from '../generation.ts';

/** The message to store; undefined where nothing is: a failure, or a cancel before anything was said. */
export function storedReply(end: GenerationEnd | undefined): Message | undefined {
  if (end === undefined || end.type === 'failed') return undefined;
  const { text, toolCalls, reason } = end;
  if (reason === 'cancelled' && text === '' && toolCalls.length === 0) return undefined;
  return {
    role: 'assistant',
    content: text,
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: args },
      })),
    }),
  };
}
