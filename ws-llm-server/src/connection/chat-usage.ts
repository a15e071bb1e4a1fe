/** What a reply cost, counted by the model or, where it told nothing, estimated from what was written. */
import type { Usage } from '@ws-llm/protocol';
import type { BackendRequest } from '../backend.ts';
import type { GenerationEnd } from '../reply/generation.ts';

/** English text has about four characters to a token. */
const charsPerToken = 4;

export function usageOf(request: BackendRequest | undefined, end: GenerationEnd | undefined): Usage {
  if (end?.usage !== undefined) {
    const { promptTokens, completionTokens, cachedTokens } = end.usage;
    return {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      ...(cachedTokens !== undefined && { cached_tokens: cachedTokens }),
    };
  }
  const promptChars = request === undefined ? 0 : charsOf(request);
  const prompt = Math.ceil(promptChars / charsPerToken);
  const completion = Math.ceil((end?.chars ?? 0) / charsPerToken);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    estimated: true,
  };
}

function charsOf({ messages }: BackendRequest): number {
  return messages.reduce((sum, { content }) => {
    if (typeof content === 'string') return sum + content.length;
    return content.reduce((inner, part) => inner + (part.type === 'text' ? part.text.length : 0), sum);
  }, 0);
}
