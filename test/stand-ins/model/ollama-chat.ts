/** A reply in the words of Ollama's own `/api/chat`. Pure. */
import { type ReplyFormat, usualPromptTokens } from './reply-format.ts';

function line(message: object, rest: object = { done: false }): string {
  return `${JSON.stringify({ model: 'fake-model', created_at: '2026-01-01T00:00:00Z', message, ...rest })}\n`;
}

export const ollamaChatFormat: ReplyFormat = {
  contentType: 'application/x-ndjson',
  opening: () => [],
  text: (token) => [line({ role: 'assistant', content: token })],
  reasoning: (token) => [line({ role: 'assistant', content: '', thinking: token })],
  toolCalls: (calls) =>
    calls.map(({ name, arguments: args }) =>
      line({
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { name, arguments: JSON.parse(args) as unknown } }],
      }),
    ),
  end({ finishReason = 'stop', usage, promptTokens = usualPromptTokens }, sent) {
    const counts = usage === false ? {} : { prompt_eval_count: promptTokens, eval_count: sent };
    return [line({ role: 'assistant', content: '' }, { done: true, done_reason: finishReason, ...counts })];
  },
  error: (message) => [`${JSON.stringify({ error: message })}\n`],
  malformed: '{"model": "fake-mo\n',
};
