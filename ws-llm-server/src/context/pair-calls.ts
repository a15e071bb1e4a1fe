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
  const results = resultsByCaller(messages);
  return messages.flatMap((message, index): Message[] => {
    if (message.role === 'tool') return [];
    if (message.role !== 'assistant' || message.tool_calls === undefined) return [message];
    const { tool_calls: calls, ...words } = message;
    if (calls.length === 0) return [words];
    const own = results.get(index);
    return [message, ...calls.map(({ id }) => own?.get(id) ?? missing(id))];
  });
}

/** By the place of each message with calls: the results up to the next such message, by call id. */
function resultsByCaller(messages: readonly Message[]): Map<number, Map<string, Message>> {
  const byCaller = new Map<number, Map<string, Message>>();
  let current: Map<string, Message> | undefined;
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant' && (message.tool_calls ?? []).length > 0) {
      current = new Map();
      byCaller.set(index, current);
    } else if (message.role === 'tool' && current?.has(message.tool_call_id) === false) {
      current.set(message.tool_call_id, message);
    }
  }
  return byCaller;
}

function missing(id: string): Message {
  return { role: 'tool', tool_call_id: id, content: unanswered };
}
