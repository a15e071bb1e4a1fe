/** The fake model's answers in the words of OpenAI Chat Completions and of Ollama. Pure: what is written when is not known here. */
import type { Behaviour, FakeToolCall } from './behaviour.ts';

export interface Dialect {
  contentType: string;
  text(token: string): string;
  reasoning(token: string): string;
  /** In pieces, as the dialect sends them. */
  toolCalls(calls: readonly FakeToolCall[]): string[];
  /** What ends a reply: finish reason, usage, end marker. */
  end(behaviour: Behaviour, sent: number): string;
  error(message: string): string;
  malformed: string;
  status(message: string): string;
}

const promptTokens = 11;

function sse(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function openAIChunk(delta: object, finishReason: string | null = null): string {
  return sse({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'fake-model',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
}

export const openAIDialect: Dialect = {
  contentType: 'text/event-stream',
  text: (token) => openAIChunk({ content: token }),
  reasoning: (token) => openAIChunk({ reasoning_content: token }),
  // Arguments arrive in pieces, and the pieces of parallel calls interleave.
  toolCalls(calls) {
    const opened = calls.map(({ id, name }, index) =>
      openAIChunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    );
    const halves = [0, 1].flatMap((half) =>
      calls.map(({ arguments: args }, index) => {
        const middle = Math.ceil(args.length / 2);
        const piece = half === 0 ? args.slice(0, middle) : args.slice(middle);
        return openAIChunk({ tool_calls: [{ index, function: { arguments: piece } }] });
      }),
    );
    return [...opened, ...halves];
  },
  end({ finishReason = 'stop', toolCalls, usage }, sent) {
    const reason = toolCalls !== undefined && toolCalls.length > 0 ? 'tool_calls' : finishReason;
    const counts = {
      prompt_tokens: promptTokens,
      completion_tokens: sent,
      total_tokens: promptTokens + sent,
    };
    const last = sse({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage: counts });
    return `${openAIChunk({}, reason)}${usage === false ? '' : last}data: [DONE]\n\n`;
  },
  error: (message) => sse({ error: { message, type: 'server_error' } }),
  malformed: 'data: {"choices": [{"del\n\n',
  status: (message) => JSON.stringify({ error: { message, type: 'error' } }),
};

function ollamaLine(message: object, rest: object = { done: false }): string {
  return `${JSON.stringify({ model: 'fake-model', created_at: '2026-01-01T00:00:00Z', message, ...rest })}\n`;
}

export const ollamaDialect: Dialect = {
  contentType: 'application/x-ndjson',
  text: (token) => ollamaLine({ role: 'assistant', content: token }),
  reasoning: (token) => ollamaLine({ role: 'assistant', content: '', thinking: token }),
  toolCalls: (calls) =>
    calls.map(({ name, arguments: args }) =>
      ollamaLine({
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { name, arguments: JSON.parse(args) as unknown } }],
      }),
    ),
  end({ finishReason = 'stop', usage }, sent) {
    const counts = usage === false ? {} : { prompt_eval_count: promptTokens, eval_count: sent };
    return ollamaLine(
      { role: 'assistant', content: '' },
      { done: true, done_reason: finishReason, ...counts },
    );
  },
  error: (message) => `${JSON.stringify({ error: message })}\n`,
  malformed: '{"model": "fake-mo\n',
  status: (message) => JSON.stringify({ error: message }),
};
