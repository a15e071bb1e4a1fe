/**
 * Lines of Ollama's chat to BackendEvents: text and reasoning as they come, tool calls with ids of our own, the finish last.
 * One per reply. A reply that was never `done` broke off, so `end` tells nothing then.
 */
import { randomUUID } from 'node:crypto';
import type { ChatResponse } from 'ollama';
import type { BackendFinishReason, BackendListener, BackendRequest } from '../backend.ts';
import { CallLimits } from './call-limits.ts';
import { InlineReasoning } from './inline-reasoning.ts';
import { handOnWords } from './words-in-pieces.ts';

export class OllamaReplyReader {
  readonly #maxCalls: number;
  readonly #listener: BackendListener;
  readonly #words: InlineReasoning;
  readonly #limits = new CallLimits();
  #calls = 0;
  #last: Partial<ChatResponse> | undefined;

  /** `parallelToolCalls`: false keeps the first call and drops the others, which Ollama cannot be told not to make. */
  constructor(
    { parallelToolCalls = true }: Pick<BackendRequest, 'parallelToolCalls'>,
    listener: BackendListener,
  ) {
    this.#maxCalls = parallelToolCalls ? Infinity : 1;
    this.#listener = listener;
    this.#words = new InlineReasoning(({ type, text }) => handOnWords(type, text, listener));
  }

  /** @throws TooLongError */
  read(chunk: Partial<ChatResponse>): void {
    const { message } = chunk;
    if (message?.thinking) handOnWords('reasoning', message.thinking, this.#listener);
    if (message?.content) this.#words.read(message.content);
    for (const call of message?.tool_calls ?? []) {
      if (this.#calls >= this.#maxCalls) break;
      this.#calls += 1;
      this.#words.flush();
      const { name } = call.function;
      const args = JSON.stringify(call.function.arguments);
      this.#limits.addCall();
      this.#limits.addChars(name, args);
      // Not every Ollama gives its calls ids.
      const id = `call_${randomUUID()}`;
      this.#listener.onEvent({ type: 'tool_call', call: { id, name, arguments: args } });
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
    const usage = counted ? { promptTokens, completionTokens } : undefined;
    this.#listener.onEvent({ type: 'finish', reason, ...(usage !== undefined && { usage }) });
  }
}
