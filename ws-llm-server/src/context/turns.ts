/**
 * Turns: a user's message and all that follows until the next one. Cuts whole turns from the oldest, so that a model never
 * sees half an exchange. Pure; knows nothing of who keeps the list.
 */
import type { Message } from '@ws-llm/protocol';

export interface TurnLimits {
  /** Turns that are kept, at least one. */
  turns: number;
  /** Characters (UTF-16 units) that are kept; the newest turn is kept whole even where it alone is more. */
  chars: number;
}

/** The newest whole turns of `messages` that fit. */
export function newestTurns(messages: readonly Message[], limits: TurnLimits): Message[] {
  let from = messages.length;
  let end = messages.length;
  let turns = 0;
  let chars = 0;
  for (const start of turnStarts(messages).toReversed()) {
    chars += messages.slice(start, end).reduce((sum, message) => sum + messageChars(message), 0);
    turns += 1;
    if (turns > 1 && (turns > limits.turns || chars > limits.chars)) break;
    from = start;
    end = start;
  }
  return messages.slice(from);
}

/** Indexes at which turns start, the first message always being one. */
function turnStarts(messages: readonly Message[]): number[] {
  return messages.flatMap((message, index) => {
    const opens = message.role === 'user' && messages[index - 1]?.role !== 'user';
    return index === 0 || opens ? [index] : [];
  });
}

function messageChars(message: Message): number {
  const { content } = message;
  let chars = typeof content === 'string' ? content.length : 0;
  if (Array.isArray(content)) {
    for (const part of content) chars += part.type === 'text' ? part.text.length : 0;
  }
  if (message.role === 'assistant') {
    for (const call of message.tool_calls ?? []) chars += call.function.arguments.length;
  }
  return chars;
}
