/**
 * One call of `chat()` as what travels: history, instructions, tools, parameters. Made once per call; attempts differ only in their id.
 * Knows nothing of channels, and only shapes: what a server offers and bounds is `fit-request.ts`.
 */
import { llm } from '@livekit/agents';
import type { ChatRequest } from '@ws-llm/client';
import type { Params, Tool } from '@ws-llm/protocol';
import { encodeImages, toConversation } from './messages.ts';

/** What `LLM.chat()` is given, as far as it is the model's business. */
export interface ChatArguments {
  chatCtx: llm.ChatContext;
  toolCtx?: llm.ToolContextLike | undefined;
  toolChoice?: llm.ToolChoice | undefined;
  parallelToolCalls?: boolean | undefined;
  extraKwargs?: Record<string, unknown> | undefined;
}

/** A request that stands alone, without an id. */
export type RequestBody = Omit<ChatRequest, 'id'>;

/**
 * At once, except where a video frame must be encoded first.
 * @throws Error for what a text model cannot be told
 */
export function toRequestBody(args: ChatArguments): RequestBody | Promise<RequestBody> {
  const encoding = encodeImages(args.chatCtx);
  return encoding === undefined ? compose(args) : encoding.then(() => compose(args));
}

function compose({
  chatCtx,
  toolCtx,
  toolChoice,
  parallelToolCalls,
  extraKwargs,
}: ChatArguments): RequestBody {
  const { instructions, messages } = toConversation(chatCtx);
  const tools = toTools(toolCtx);
  const params = toParams(extraKwargs);
  return {
    mirror: { keep: 0 },
    ...(instructions !== undefined && { instructions }),
    ...(tools.length > 0 && {
      tools,
      ...(toolChoice !== undefined && { tool_choice: toolChoice }),
      ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
    }),
    ...(params !== undefined && { params }),
    messages,
  };
}

/** Sorted by name, so that equal tools are equal bytes and the model's prefix cache holds. */
function toTools(toolCtx: llm.ToolContextLike | undefined): Tool[] {
  if (toolCtx === undefined) return [];
  return llm.sortedToolEntries(llm.toToolContext(toolCtx)).map(([name, { description, parameters }]) => {
    const { $schema: _dialect, ...schema } = llm.toJsonSchema(parameters, true, false);
    return { type: 'function', function: { name, description, parameters: schema } };
  });
}

/** Direct callers give OpenAI's names; the voice pipeline gives none. */
function toParams(kwargs: Record<string, unknown> | undefined): Params | undefined {
  if (kwargs === undefined) return undefined;
  const known = ['temperature', 'top_p', 'max_tokens', 'seed', 'stop', 'reasoning_effort'] as const;
  const entries = known
    .map((name) => [name, kwargs[name]] as const)
    .filter(([, value]) => value !== undefined && value !== null);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Params);
}
