/** How long a prompt is to the fake model, and how each server says that it is too long. Pure. */
import type { Failure } from './behaviour.ts';

type Status = Extract<Failure, { type: 'status' }>;

export interface ContextWindow {
  /** What the model takes, the reply not counted. */
  tokens: number;
  /** Default: `openai`. Ollama's own interface has only Ollama's. */
  words?: keyof typeof refusals;
}

const charsPerToken = 4;
const tokensPerMessage = 4;

/** What each server answers; `used` and `limit` in tokens. */
export const refusals = {
  openai: (used: number, limit: number) => ({
    status: 400,
    message: `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${used} tokens. Please reduce the length of the messages.`,
    code: 'context_length_exceeded',
  }),
  vllm: (used: number, limit: number) => ({
    status: 400,
    message: `This model's maximum context length is ${limit} tokens. However, you requested ${used + 16} tokens (${used} in the messages, 16 in the completion). Please reduce the length of the messages or completion.`,
  }),
  'llama.cpp': (used: number, limit: number) => ({
    status: 400,
    message: `request (${used} tokens) exceeds the available context size (${limit} tokens), try increasing it`,
  }),
  'LM Studio': (used: number, limit: number) => ({
    status: 400,
    message: `Trying to keep the first ${used} tokens when context the overflows. However, the model is loaded with context length of only ${limit} tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input`,
  }),
  Groq: () => ({
    status: 400,
    message: 'Please reduce the length of the messages or completion.',
    code: 'context_length_exceeded',
  }),
  Ollama: () => ({ status: 400, message: 'the input length exceeds the context length' }),
} satisfies Record<string, (used: number, limit: number) => Omit<Status, 'type'>>;

export function countTokens(body: Record<string, unknown>): number {
  const messages = Array.isArray(body['messages']) ? (body['messages'] as { content?: unknown }[]) : [];
  const said = messages.reduce(
    (sum, { content }) => sum + tokensPerMessage + Math.ceil(charsOf(content) / charsPerToken),
    0,
  );
  return said + Math.ceil((JSON.stringify(body['tools'] ?? '').length - 2) / charsPerToken);
}

function charsOf(content: unknown): number {
  return typeof content === 'string' ? content.length : JSON.stringify(content ?? '').length;
}
