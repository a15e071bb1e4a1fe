/**
 * Lines of Ollama's chat to BackendEvents: text and reasoning as they come, tool calls with ids of our own, the finish last.
 * One per reply. A reply that was never `done` broke off, so `end` yields nothing then.
 */
import { randomUUID } from 'node:crypto';
import type { ChatResponse } from 'ollama';
import type { BackendEvent, BackendFinishReason, BackendRequest } from '../backend.ts';
import { InlineReasoning } from './inline-reasoning.ts';

export class OllamaReplyReader {
  readonly #maxCalls: number;
  readonly #words = new InlineReasoning();
  #calls = 0;
  #last: Partial<ChatResponse> | undefined;

  /** `parallelToolCalls`: false keeps the first call and drops the others, which Ollama cannot be told not to make. */
  constructor({ parallelToolCalls = true }: Pick<BackendRequest, 'parallelToolCalls'> = {}) {
    this.#maxCalls = parallelToolCalls ? Infinity : 1;
  }

  *read(chunk: Partial<ChatResponse>): Generator<BackendEvent, void, undefined> {
    const { message } = chunk;
    if (message?.thinking) yield { type: 'reasoning', text: message.thinking };
    if (message?.content) yield* this.#words.read(message.content);
    for (const call of message?.tool_calls ?? []) {
      if (this.#calls >= this.#maxCalls) break;
      this.#calls += 1;
      yield* this.#words.flush();
      const { name, arguments: args } = call.function;
      // Not every Ollama gives its calls ids.
      yield {
        type: 'tool_call',
        call: { id: `call_${randomUUID()}`, name, arguments: JSON.stringify(args) },
      };
    }
    if (chunk.done) this.#last = chunk;
  }

  *end(): Generator<BackendEvent, void, undefined> {
    if (this.#last === undefined) return;
    yield* this.#words.flush();
    const {
      done_reason: doneReason,
      prompt_eval_count: promptTokens,
      eval_count: completionTokens,
    } = this.#last;
    let reason: BackendFinishReason = doneReason === 'length' ? 'length' : 'stop';
    if (this.#calls > 0 && reason === 'stop') reason = 'tool_calls';
    const counted = promptTokens !== undefined && completionTokens !== undefined;
    yield { type: 'finish', reason, ...(counted && { usage: { promptTokens, completionTokens } }) };
  }
}
