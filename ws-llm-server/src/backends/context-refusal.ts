/**
 * Whether what a model server says is that a request is too long for its model, and which numbers it tells. Every server has words of
 * its own for it. Pure; knows neither status codes nor who said it.
 */
import type { ContextRefusal } from '../backend.ts';

/** OpenAI's and its compatible servers' codes and types, and the words of those that have none. */
const saysTooLong = [
  /\bcontext_length_exceeded\b/,
  /\bexceed_context_size_error\b/,
  // Ollama.
  /\binput length exceeds the context length\b/i,
  // OpenAI, vLLM, DeepSeek, OpenRouter; SGLang; xAI.
  /\bmaximum (?:context|prompt) length (?:is|of)\b/i,
  /\blonger than the model'?s context length\b/i,
  /\binput tokens exceed the configured limit\b/i,
  // An older vLLM, which subtracts the prompt and finds nothing left.
  /\bmax_tokens must be at least 1, got -\d+/i,
  // llama.cpp.
  /\bexceeds the available context size\b/i,
  // LM Studio.
  /\btokens when (?:the )?context (?:the )?overflows\b/i,
  /\btokens to keep from the initial prompt is greater than the context length\b/i,
  // Anthropic's dialect, Gemini's, Text Generation Inference's.
  /\bprompt is too long: \d+ tokens\b/i,
  /\binput token count \(?\d+\)? exceeds the maximum\b/i,
  /`inputs` tokens \+ `max_new_tokens` must be/i,
];

const limits = [
  /\bmaximum (?:context|prompt) length (?:is|of) (\d+)/i,
  /\bcontext length \((\d+) tokens\)/i,
  /\bconfigured limit of (\d+) tokens/i,
  /\bavailable context size \((\d+) tokens\)/i,
  /\bn_ctx"?: ?(\d+)/i,
  /\bcontext length of only (\d+) tokens/i,
  /\btokens > (\d+) maximum/i,
  /\bnumber of tokens allowed \(?(\d+)/i,
  /\bmust be <= (\d+)/i,
];

/** What the reply was to have beside the prompt is told in the same breath, so the most exact come first. */
const uses = [
  /\((\d+) (?:in the messages|of text input)/i,
  /\b(\d+) tokens from the input messages/i,
  /\b(?:has|contains)(?: at least)? (\d+) input tokens/i,
  /\bresulted in (\d+) tokens/i,
  /\bn_prompt_tokens"?: ?(\d+)/i,
  /\b(?:request|input) \((\d+) tokens\)/i,
  /\bkeep the first (\d+) tokens/i,
  /\bn_keep: ?(\d+)/i,
  /\bprompt is too long: (\d+) tokens/i,
  /\brequest contains (\d+) tokens/i,
  /\binput token count \(?(\d+)/i,
  /\bGiven: (\d+) `inputs`/i,
  /\brequested (?:about )?(\d+) tokens/i,
];

/** Undefined where `words`, the message with whatever codes came with it, are about something else. */
export function contextRefusal(words: string): ContextRefusal | undefined {
  if (!saysTooLong.some((pattern) => pattern.test(words))) return undefined;
  const limitTokens = firstNumber(limits, words);
  const usedTokens = firstNumber(uses, words);
  return {
    ...(limitTokens !== undefined && { limitTokens }),
    ...(usedTokens !== undefined && { usedTokens }),
  };
}

function firstNumber(patterns: readonly RegExp[], words: string): number | undefined {
  for (const pattern of patterns) {
    const digits = pattern.exec(words)?.[1];
    if (digits !== undefined) return Number(digits);
  }
  return undefined;
}
