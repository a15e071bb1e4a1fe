/**
 * What the persona's own tools were asked and answered in a reply. Its client never saw that; a model that reads the history should.
 * Kept for the newest replies of a connection.
 */
import type { Message } from '@ws-llm/protocol';
import type { BackendToolCall } from '../backend.ts';
import { memorySize } from '../memory-size.ts';
import { KeptMemory, type MemoryKeeper, unlimitedMemory } from './memory-keeper.ts';
import { toWireCall } from './tool-call.ts';

/** A call of a persona's tool, and what the model was told. */
export interface ToolUse {
  call: BackendToolCall;
  result: string;
}

/** PROTOCOL.md, "Messages". */
const rememberedReplies = 32;

export class Exchanges {
  readonly #byReply = new Map<string, { messages: Message[]; bytes: number }>();
  readonly #memory: KeptMemory;
  #bytes = 0;

  /** `keeper` counts what is kept; where it refuses, the oldest exchanges go. */
  constructor(keeper: MemoryKeeper = unlimitedMemory) {
    this.#memory = new KeptMemory(keeper);
  }

  remember(reply: string, uses: readonly ToolUse[]): void {
    if (uses.length === 0) return;
    const messages = exchangeOf(uses);
    const bytes = memorySize(reply) + memorySize(messages);
    this.#byReply.set(reply, { messages, bytes });
    this.#bytes += bytes;
    if (this.#byReply.size > rememberedReplies) this.#forgetOldest();
    while (!this.#memory.set(this.#bytes)) this.#forgetOldest();
  }

  /** `messages` with the exchange of each reply before what the client kept of it. */
  restore(messages: readonly Message[]): readonly Message[] {
    if (this.#byReply.size === 0) return messages;
    return messages.flatMap((message) => {
      const exchange = message.role === 'assistant' ? this.#byReply.get(message.reply ?? '') : undefined;
      return exchange === undefined ? [message] : [...exchange.messages, message];
    });
  }

  #forgetOldest(): void {
    // A Map keeps the order of insertion.
    for (const [reply, { bytes }] of this.#byReply) {
      this.#byReply.delete(reply);
      this.#bytes -= bytes;
      return;
    }
  }
}

/** As messages of a history: the calls, then their results. */
export function exchangeOf(uses: readonly ToolUse[]): Message[] {
  if (uses.length === 0) return [];
  return [
    { role: 'assistant', content: '', tool_calls: uses.map(({ call }) => toWireCall(call)) },
    ...uses.map(({ call, result }) => ({ role: 'tool' as const, tool_call_id: call.id, content: result })),
  ];
}
