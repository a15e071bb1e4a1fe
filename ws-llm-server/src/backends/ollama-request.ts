/** A BackendRequest in the words of Ollama's `/api/chat`. Pure. */
import type { ChatRequest, Message } from 'ollama';
import { BackendError, type BackendMessage, type BackendRequest, type BackendToolCall } from '../backend.ts';

/** @throws BackendError `bad_request` for images that are not data URLs: Ollama fetches nothing. */
export function toOllamaChat(model: string, request: BackendRequest): ChatRequest {
  const { params, tools } = request;
  const toolChoice = request.toolChoice ?? 'auto';
  const options = {
    ...(params.temperature !== undefined && { temperature: params.temperature }),
    ...(params.topP !== undefined && { top_p: params.topP }),
    ...(params.maxTokens !== undefined && { num_predict: params.maxTokens }),
    ...(params.seed !== undefined && { seed: params.seed }),
    ...(params.stop !== undefined && { stop: [params.stop].flat() }),
  };
  // Ollama has no tool_choice: `none` is kept by not telling of tools, a named one by telling of that one alone.
  const offered = (tools ?? []).filter(
    (tool) => toolChoice !== 'none' && (typeof toolChoice === 'string' || tool.name === toolChoice.name),
  );
  return {
    model,
    messages: request.messages.map(toMessage),
    stream: true,
    ...(Object.keys(options).length > 0 && { options }),
    ...(offered.length > 0 && {
      tools: offered.map(({ name, description, parameters }) => ({
        type: 'function',
        function: {
          name,
          description: description ?? '',
          parameters: parameters ?? { type: 'object', properties: {} },
        },
      })),
    }),
  };
}

function toMessage(message: BackendMessage): Message {
  switch (message.role) {
    case 'system':
      return message;
    case 'user':
      return typeof message.content === 'string'
        ? { role: 'user', content: message.content }
        : {
            role: 'user',
            content: message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'),
            images: message.content.flatMap((part) =>
              part.type === 'image_url' ? [base64Of(part.image_url.url)] : [],
            ),
          };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content,
        ...(message.toolCalls !== undefined && { tool_calls: message.toolCalls.map(toCall) }),
      };
    case 'tool':
      return {
        role: 'tool',
        content: message.content,
        ...(message.toolName !== undefined && { tool_name: message.toolName }),
      };
  }
}

function toCall(call: BackendToolCall): NonNullable<Message['tool_calls']>[number] {
  return { function: { name: call.name, arguments: JSON.parse(call.arguments) as Record<string, unknown> } };
}

function base64Of(url: string): string {
  const data = /^data:image\/[\w.+-]+;base64,(.+)$/.exec(url)?.[1];
  if (data === undefined) {
    throw new BackendError('bad_request', 'Ollama takes images as base64 data URLs only', {
      retryable: false,
    });
  }
  return data;
}
