/** The models that a server which speaks OpenAI's API lists, with what some servers tell of them beyond OpenAI. Pure. */
import type { ModelInfo } from '../backend.ts';

/** In order of preference: vLLM; OpenRouter, Together; Groq; Mistral. */
const contextKeys = ['max_model_len', 'context_length', 'context_window', 'max_context_length'] as const;

export function toModelInfo(listed: { id: string }): ModelInfo {
  const told = listed as Record<string, unknown>;
  const contextTokens = contextKeys.map((key) => told[key]).find((value) => typeof value === 'number');
  return { name: listed.id, ...(contextTokens !== undefined && { contextTokens }) };
}

/** What the server takes as it runs: others tell what the model could take elsewhere. */
export function servedContext(listed: { id: string }): number | undefined {
  const { max_model_len: served } = listed as { max_model_len?: unknown };
  return typeof served === 'number' ? served : undefined;
}
