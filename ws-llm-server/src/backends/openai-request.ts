/** A BackendRequest in the words of OpenAI Chat Completions. Pure. */
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type { BackendMessage, BackendRequest, BackendTool } from '../backend.ts';

/** What is undefined is left out: servers that know an option refuse its null. */
export function toChatCompletion(
  model: string,
  request: BackendRequest,
): ChatCompletionCreateParamsStreaming {
  const { params, tools, toolChoice } = request;
  const withTools = tools !== undefined && tools.length > 0;
  return {
    model,
    messages: request.messages.map(toMessage),
    stream: true,
    stream_options: { include_usage: true },
    ...(params.temperature !== undefined && { temperature: params.temperature }),
    ...(params.topP !== undefined && { top_p: params.topP }),
    ...(params.maxTokens !== undefined && { max_tokens: params.maxTokens }),
    ...(params.seed !== undefined && { seed: params.seed }),
    ...(params.stop !== undefined && { stop: params.stop }),
    ...(params.reasoningEffort !== undefined && {
      reasoning_effort: params.reasoningEffort as NonNullable<
        ChatCompletionCreateParamsStreaming['reasoning_effort']
      >,
    }),
    ...(withTools && { tools: tools.map(toTool) }),
    ...(withTools &&
      toolChoice !== undefined && {
        tool_choice:
          typeof toolChoice === 'string' ? toolChoice : { type: 'function' as const, function: toolChoice },
      }),
    ...(withTools &&
      request.parallelToolCalls !== undefined && { parallel_tool_calls: request.parallelToolCalls }),
  };
}

function toTool({ name, description, parameters }: BackendTool): ChatCompletionTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      ...(parameters !== undefined && { parameters }),
    },
  };
}

function toMessage(message: BackendMessage): ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
      return message;
    case 'user':
      return message as ChatCompletionMessageParam;
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content,
        ...(message.toolCalls !== undefined && {
          tool_calls: message.toolCalls.map(({ id, name, arguments: args }) => ({
            id,
            type: 'function' as const,
            function: { name, arguments: args },
          })),
        }),
      };
    case 'tool':
      return { role: 'tool', content: message.content, tool_call_id: message.toolCallId };
  }
}
