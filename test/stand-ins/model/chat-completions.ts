/** A reply in the words of OpenAI Chat Completions. Pure. */
import { type ReplyFormat, usualPromptTokens } from './reply-format.ts';

function sse(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function chunk(delta: object, finishReason: string | null = null): string {
  return sse({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'fake-model',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
}

export const chatCompletionsFormat: ReplyFormat = {
  contentType: 'text/event-stream',
  opening: () => [],
  text: (token) => [chunk({ content: token })],
  reasoning: (token) => [chunk({ reasoning_content: token })],
  // Arguments arrive in pieces, and the pieces of parallel calls interleave.
  toolCalls(calls) {
    const opened = calls.map(({ id, name }, index) =>
      chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    );
    const halves = [0, 1].flatMap((half) =>
      calls.map(({ arguments: args }, index) => {
        const middle = Math.ceil(args.length / 2);
        const piece = half === 0 ? args.slice(0, middle) : args.slice(middle);
        return chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
      }),
    );
    return [...opened, ...halves];
  },
  end({ finishReason = 'stop', toolCalls, usage, promptTokens = usualPromptTokens }, sent) {
    const reason = toolCalls !== undefined && toolCalls.length > 0 ? 'tool_calls' : finishReason;
    const counts = {
      prompt_tokens: promptTokens,
      completion_tokens: sent,
      total_tokens: promptTokens + sent,
    };
    const last = sse({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage: counts });
    return [chunk({}, reason), ...(usage === false ? [] : [last]), 'data: [DONE]\n\n'];
  },
  error: (message) => [sse({ error: { message, type: 'server_error' } })],
  malformed: 'data: {"choices": [{"del\n\n',
};
