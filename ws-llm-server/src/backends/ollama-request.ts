/** A BackendRequest in the words of Ollama's `/api/chat`. Pure. */
import type { ChatRequest, Message } from 'ollama';
import {
  type BackendContentPart,
  BackendError,
  type BackendMessage,
  type BackendRequest,
  type BackendToolCall,
} from '../backend.ts';
import type { KeepAlive } from './keep-alive.ts';
import { type ThinkingSupport, toThink } from './ollama-thinking.ts';

export interface OllamaChatOptions {
  keepAlive: KeepAlive;
  thinking: ThinkingSupport;
  /** The same as the model was loaded with, or it would be loaded anew. Undefined: the model's own. */
  numCtx: number | undefined;
}

/** With what the package's types leave out. */
export type OllamaChat = ChatRequest & { truncate: boolean; shift: boolean };

/**
 * @throws BackendError `bad_request` for images that are not data URLs, because Ollama fetches nothing, and where the model must call a
 * tool, because nothing makes it
 */
export function toOllamaChat(
  model: string,
  request: BackendRequest,
  { keepAlive, thinking, numCtx }: OllamaChatOptions,
): OllamaChat {
  const { params, tools } = request;
  const toolChoice = request.toolChoice ?? 'auto';
  if (toolChoice === 'required' || typeof toolChoice === 'object') {
    const message =
      'Models at Ollama cannot be made to call a tool: of tool_choice only "auto" and "none" are taken.';
    throw new BackendError('bad_request', message, { retryable: false });
  }
  const think = toThink(params.reasoningEffort, thinking);
  const options = {
    ...(numCtx !== undefined && { num_ctx: numCtx }),
    ...(params.temperature !== undefined && { temperature: params.temperature }),
    ...(params.topP !== undefined && { top_p: params.topP }),
    ...(params.maxTokens !== undefined && { num_predict: params.maxTokens }),
    ...(params.seed !== undefined && { seed: params.seed }),
    ...(params.stop !== undefined && { stop: [params.stop].flat() }),
  };
  // Ollama has no tool_choice: `none` is kept by not telling of tools.
  const offered = toolChoice === 'none' ? [] : (tools ?? []);
  return {
    model,
    messages: request.messages.map(toMessage),
    stream: true,
    // Otherwise it cuts in silence what it cannot take, prompt and reply.
    truncate: false,
    shift: false,
    keep_alive: keepAlive.value,
    ...(think !== undefined && { think }),
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
      return {
        role: 'user',
        ...(typeof message.content === 'string' ? { content: message.content } : toContent(message.content)),
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

function toContent(parts: BackendContentPart[]): Pick<Message, 'content' | 'images'> {
  const images = parts.flatMap((part) => (part.type === 'image_url' ? [base64Of(part.image_url.url)] : []));
  return {
    content: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'),
    ...(images.length > 0 && { images }),
  };
}

function toCall(call: BackendToolCall): NonNullable<Message['tool_calls']>[number] {
  return { function: { name: call.name, arguments: toArguments(call.arguments) } };
}

/** Ollama takes an object and refuses the whole request for anything else, which models do write at times. */
function toArguments(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // What the model wrote is not worth more than the call itself: its name and its result stay in the history.
  }
  return {};
}

function base64Of(url: string): string {
  const data = /^data:image\/[\w.+-]+(?:;[\w.+-]+=[^;,]*)*;base64,(.+)$/is.exec(url)?.[1];
  if (data === undefined) {
    throw new BackendError('bad_request', 'Ollama takes images as base64 data URLs only', {
      retryable: false,
    });
  }
  return data;
}
