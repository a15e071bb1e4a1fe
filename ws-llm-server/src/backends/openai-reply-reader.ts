/**
 * Chunks of a chat completion to BackendEvents: text and reasoning as they come, tool calls whole, the finish last.
 * One per reply. A reply without a finish reason broke off, so `end` tells nothing then.
 */
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { BackendFinishReason, BackendListener, BackendRequest, BackendUsage } from '../backend.ts';
import { InlineReasoning } from './inline-reasoning.ts';
import { ToolCallPieces } from './tool-call-pieces.ts';
import { handOnWords } from './words-in-pieces.ts';

/** Not in OpenAI's own types: what vLLM, DeepSeek and llama.cpp call it, and what Groq and OpenRouter do. */
interface ReasoningDelta {
  reasoning_content?: unknown;
  reasoning?: unknown;
}

export class OpenAIReplyReader {
  readonly #calls = new ToolCallPieces();
  readonly #words: InlineReasoning;
  readonly #listener: BackendListener;
  readonly #maxCalls: number;
  #finish: BackendFinishReason | undefined;
  #usage: BackendUsage | undefined;

  /** `parallelToolCalls`: false keeps the first call and drops the others, for servers that do not know the option. */
  constructor(
    { parallelToolCalls = true }: Pick<BackendRequest, 'parallelToolCalls'>,
    listener: BackendListener,
  ) {
    this.#maxCalls = parallelToolCalls ? Infinity : 1;
    this.#words = new InlineReasoning(({ type, text }) => handOnWords(type, text, listener));
    this.#listener = listener;
  }

  /** @throws TooLongError */
  read(chunk: ChatCompletionChunk): void {
    if (chunk.usage) this.#usage = toUsage(chunk.usage);
    // Some servers send chunks without choices, and some a null delta.
    const choice = chunk.choices?.[0];
    if (choice === undefined) return;
    const delta = choice.delta as (typeof choice.delta & ReasoningDelta) | null | undefined;
    const reasoning = delta?.reasoning_content ?? delta?.reasoning;
    if (typeof reasoning === 'string') handOnWords('reasoning', reasoning, this.#listener);
    if (typeof delta?.content === 'string') this.#words.read(delta.content);
    for (const piece of delta?.tool_calls ?? []) {
      this.#calls.add(piece);
      this.#listener.onEvent({ type: 'progress' });
    }
    if (choice.finish_reason) this.#finish = toFinishReason(choice.finish_reason);
  }

  end(): void {
    if (this.#finish === undefined) return;
    this.#words.flush();
    const calls = this.#calls.all().slice(0, this.#maxCalls);
    for (const call of calls) this.#listener.onEvent({ type: 'tool_call', call });
    // Some servers say `stop` after calls.
    const reason = calls.length > 0 && this.#finish === 'stop' ? 'tool_calls' : this.#finish;
    this.#listener.onEvent({
      type: 'finish',
      reason,
      ...(this.#usage !== undefined && { usage: this.#usage }),
    });
  }
}

function toUsage(usage: NonNullable<ChatCompletionChunk['usage']>): BackendUsage {
  const cachedTokens = usage.prompt_tokens_details?.cached_tokens;
  return {
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    // Some servers send null.
    ...(typeof cachedTokens === 'number' && { cachedTokens }),
  };
}

function toFinishReason(reason: string): BackendFinishReason {
  switch (reason) {
    case 'length':
    case 'content_filter':
      return reason;
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls';
    default:
      return 'stop';
  }
}
