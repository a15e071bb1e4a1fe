/** However a server says that a request is too long, it is understood, with the numbers that it tells. */
import { expect, test } from 'vitest';
import { contextRefusal } from '../../src/backends/context-refusal.ts';

test.each([
  [
    'OpenAI',
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.",
    { limitTokens: 8192, usedTokens: 9001 },
  ],
  [
    'OpenAI, lately',
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300001 tokens. Please reduce the length of the messages.',
    { limitTokens: 272_000, usedTokens: 300_001 },
  ],
  [
    'vLLM',
    "This model's maximum context length is 4096 tokens. However, you requested 4196 tokens (4096 in the messages, 100 in the completion). Please reduce the length of the messages or completion.",
    { limitTokens: 4096, usedTokens: 4096 },
  ],
  [
    'vLLM, of a limit',
    "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 15 input tokens (5000 > 4096 - 15).",
    { limitTokens: 4096, usedTokens: 15 },
  ],
  [
    'vLLM, lately',
    "This model's maximum context length is 128000 tokens. However, you requested 65535 output tokens and your prompt contains at least 62466 input tokens, for a total of at least 128001 tokens.",
    { limitTokens: 128_000, usedTokens: 62_466 },
  ],
  ['vLLM, once', 'max_tokens must be at least 1, got -186.', {}],
  [
    'llama.cpp',
    'request (4476 tokens) exceeds the available context size (4096 tokens), try increasing it',
    { limitTokens: 4096, usedTokens: 4476 },
  ],
  [
    'llama.cpp, with its numbers beside',
    'the request exceeds the available context size. exceed_context_size_error n_ctx: 4096 n_prompt_tokens: 4476',
    { limitTokens: 4096, usedTokens: 4476 },
  ],
  [
    'LM Studio',
    'Trying to keep the first 6547 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
    { limitTokens: 4096, usedTokens: 6547 },
  ],
  [
    'LM Studio, otherwise',
    'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= n_ctx: 4096). Try to load the model with a larger context length.',
    { limitTokens: 4096, usedTokens: 13_055 },
  ],
  ['Ollama', 'the input length exceeds the context length', {}],
  [
    'SGLang',
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    { limitTokens: 4096, usedTokens: 5000 },
  ],
  [
    'OpenRouter',
    "This endpoint's maximum context length is 131072 tokens. However, you requested about 200100 tokens (150000 of text input, 50100 in the output).",
    { limitTokens: 131_072, usedTokens: 150_000 },
  ],
  [
    "Anthropic's dialect",
    'prompt is too long: 210000 tokens > 200000 maximum',
    { limitTokens: 200_000, usedTokens: 210_000 },
  ],
  [
    'xAI',
    "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    { limitTokens: 131_072, usedTokens: 140_000 },
  ],
  ['Groq', 'Please reduce the length of the messages or completion. context_length_exceeded', {}],
])('%s', (_, words, refusal) => {
  expect(contextRefusal(words)).toEqual(refusal);
});

test.each([
  'Unsupported parameter: max_tokens',
  'max_tokens is too large: 5. At most 2.',
  'model requires more system memory (5.6 GiB) than is available (2.0 GiB)',
  'the length of the reply cannot be negative',
  'invalid message content type',
])('%s: is about something else', (words) => {
  expect(contextRefusal(words)).toBeUndefined();
});
