/**
 * Makes a history acceptable to models, which refuse calls without results and results without calls. Both happen: a person
 * interrupts while a tool runs, or an old turn is cut. Pure.
 */
import type { Message } from '@ws-llm/protocol';

const unanswered = 'This call was not answered.';

/** Every call followed by its result, invented where it is missing; results that belong to no call are left out. */
export function pairCalls(messages: readonly Message[]): Message[] {
  const results = new Map(
    messages.flatMap((message) =>
      message.role === 'tool' ? [[message.tool_call_id, message] as const] : [],
    ),
  );
  return messages.flatMap((message): Message[] => {
    if (message.role === 'tool') return [];
    if (message.role !== 'assistant' || message.tool_calls === undefined) return [message];
    const answers = message.tool_calls.map(
      ({ id }): Message => results.get(id) ?? { role: 'tool', tool_call_id: id, content: unanswered },
    );
    return [message, ...answers];
  });
}
