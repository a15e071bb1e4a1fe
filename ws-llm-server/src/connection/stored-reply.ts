/** What a thread remembers of a reply, under which name, and how a client names it later. */
import type { ChatFrame, Message } from '@ws-llm/protocol';
import { exchangeOf } from '../context/exchanges.ts';
import type { Heard } from '../context/thread.ts';
import { toWireCall } from '../context/tool-call.ts';
import type { GenerationEnd } from '../reply/generation.ts';

/**
 * The messages to store, the reply's own last and under `name` where it has one; undefined
 * where nothing is: a failure, or a cancel before anything was said.
 */
export function storedReply(end: GenerationEnd | undefined, name?: string): Message[] | undefined {
  if (end === undefined || end.type === 'failed') return undefined;
  const { text, toolCalls, toolUses, reason } = end;
  if (reason === 'cancelled' && text === '' && toolCalls.length === 0) return undefined;
  const reply: Message = {
    role: 'assistant',
    content: text,
    ...(name !== undefined && { reply: name }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toWireCall) }),
  };
  return [...exchangeOf(toolUses), reply];
}

/** The name under which a thread keeps the reply `id` of one connection, of which `prefix` is unique. */
export function replyName(prefix: string, id: string): string {
  return `${prefix} ${id}`;
}

/** The connection's own reply of that id; a client that came back may mean one of an earlier connection. */
export function heardOf(prefix: string, { id, content }: NonNullable<ChatFrame['heard']>): Heard {
  const mayBe = (reply: string): boolean => reply.slice(prefix.length + 1) === id;
  return { reply: replyName(prefix, id), mayBe, content };
}
