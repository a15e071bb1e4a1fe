/** How a model writes, from the words that clients and personas use for it to a backend's. Pure. */
import type { Params } from '@ws-llm/protocol';
import type { BackendParams } from './backend.ts';

/** What is not said is left out. */
export function toBackendParams(params: Params): BackendParams {
  const {
    temperature,
    top_p: topP,
    max_tokens: maxTokens,
    seed,
    stop,
    reasoning_effort: reasoningEffort,
  } = params;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(seed !== undefined && { seed }),
    ...(stop !== undefined && { stop }),
    ...(reasoningEffort !== undefined && { reasoningEffort }),
  };
}
