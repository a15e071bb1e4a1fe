/**
 * Makes a history acceptable to models, which refuse calls without results and results without calls. Both happen: a person
 * interrupts while a tool runs, or an old turn is cut. Pure.
 */
import type { Message } from '@ws-llm/protocol';

const unanswered = 'This call was not answered.';

/**
 * Every call followed by its result, invented where it is missing; results that belong to no call are left out. A result belongs to the
 * nearest call before it: some models number their calls anew in each reply.
 */
export function pairCalls(messages: readonly Message[]): Message[] {
  return messages.flatMap((message, index): Message[] => {
    if (message.role === 'tool') return [];
    if (message.role !== 'assistant' || message.tool_calls === undefined) return [message];
    const { tool_calls: calls, ...words } = message;
    if (calls.length === 0) return [words];
    const results = resultsAfter(messages, index);
    return [message, ...calls.map(({ id }) => results.get(id) ?? missing(id))];
  });
}

/** Results up to the next message with calls, by the id of their call. */
function resultsAfter(messages: readonly Message[], index: number): Map<string, Message> {
  const results = new Map<string, Message>();
  for (const message of messages.slice(index + 1)) {
    if (message.role === 'assistant' && (message.tool_calls ?? []).length > 0) break;
    if (message.role === 'tool' && !results.has(message.tool_call_id))
      results.set(message.tool_call_id, message);
  }
  return results;
}

function missing(id: string): Message {
  return { role: 'tool', tool_call_id: id, content: unanswered };
}
