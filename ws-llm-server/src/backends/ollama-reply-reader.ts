/**
 * Lines of Ollama's chat to BackendEvents: text and reasoning as they come, tool calls with ids of our own, the finish last.
 * One per reply. A reply that was never `done` broke off, so `end` tells nothing then.
 */
import { randomUUID } from 'node:crypto';
import type { ChatResponse } from 'ollama';
import type { BackendEvent, BackendFinishReason, BackendRequest } from '../backend.ts';
import { InlineReasoning } from './inline-reasoning.ts';

export class OllamaReplyReader {
  readonly #maxCalls: number;
  readonly #onEvent: (event: BackendEvent) => void;
  readonly #words: InlineReasoning;
  #calls = 0;
  #last: Partial<ChatResponse> | undefined;

  /** `parallelToolCalls`: false keeps the first call and drops the others, which Ollama cannot be told not to make. */
  constructor(
    { parallelToolCalls = true }: Pick<BackendRequest, 'parallelToolCalls'>,
    onEvent: (event: BackendEvent) => void,
  ) {
    this.#maxCalls = parallelToolCalls ? Infinity : 1;
    this.#onEvent = onEvent;
    this.#words = new InlineReasoning(onEvent);
  }

  read(chunk: Partial<ChatResponse>): void {
    const { message } = chunk;
    if (message?.thinking) this.#onEvent({ type: 'reasoning', text: message.thinking });
    if (message?.content) this.#words.read(message.content);
    for (const call of message?.tool_calls ?? []) {
      if (this.#calls >= this.#maxCalls) break;
      this.#calls += 1;
      this.#words.flush();
      const { name, arguments: args } = call.function;
      // Not every Ollama gives its calls ids.
      const id = `call_${randomUUID()}`;
      this.#onEvent({ type: 'tool_call', call: { id, name, arguments: JSON.stringify(args) } });
    }
    if (chunk.done) this.#last = chunk;
  }

  end(): void {
    if (this.#last === undefined) return;
    this.#words.flush();
    const {
      done_reason: doneReason,
      prompt_eval_count: promptTokens,
      eval_count: completionTokens,
    } = this.#last;
    let reason: BackendFinishReason = doneReason === 'length' ? 'length' : 'stop';
    if (this.#calls > 0 && reason === 'stop') reason = 'tool_calls';
    const counted = promptTokens !== undefined && completionTokens !== undefined;
    this.#onEvent({ type: 'finish', reason, ...(counted && { usage: { promptTokens, completionTokens } }) });
  }
}
