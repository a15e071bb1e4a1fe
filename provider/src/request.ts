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

/** All that is asked, without an id and without saying whose memory it belongs to. */
export type RequestBody = Omit<ChatRequest, 'id' | 'mirror' | 'thread'>;

/** What every request of one `WebSocketLLM` asks for. */
export type RequestDefaults = Pick<RequestBody, 'params' | 'output'>;

/**
 * At once, except where a video frame must be encoded first.
 * @throws Error for what a text model cannot be told
 */
export function toRequestBody(
  args: ChatArguments,
  defaults: RequestDefaults,
): RequestBody | Promise<RequestBody> {
  const encoding = encodeImages(args.chatCtx);
  return encoding === undefined ? compose(args, defaults) : encoding.then(() => compose(args, defaults));
}

function compose(
  { chatCtx, toolCtx, toolChoice, parallelToolCalls, extraKwargs }: ChatArguments,
  defaults: RequestDefaults,
): RequestBody {
  const { instructions, messages } = toConversation(chatCtx);
  const tools = toTools(toolCtx);
  const params = { ...defaults.params, ...toParams(extraKwargs) };
  return {
    ...(defaults.output !== undefined && { output: defaults.output }),
    ...(instructions !== undefined && { instructions }),
    ...(tools.length > 0 && {
      tools,
      ...(toolChoice !== undefined && { tool_choice: toolChoice }),
      ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
    }),
    ...(Object.keys(params).length > 0 && { params }),
    messages,
  };
}

/** Sorted by name, so that equal tools are equal bytes and the model's prefix cache holds. */
function toTools(toolCtx: llm.ToolContextLike | undefined): Tool[] {
  if (toolCtx === undefined) return [];
  return llm.sortedToolEntries(llm.toToolContext(toolCtx)).map(([name, { description, parameters }]) => ({
    type: 'function',
    function: { name, description, parameters: toSchema(parameters) },
  }));
}

/** The schemas of zod's, which never change once they are made, and which take a millisecond to write out. */
const writtenSchemas = new WeakMap<object, Record<string, unknown>>();

function toSchema(parameters: Parameters<typeof llm.toJsonSchema>[0]): Record<string, unknown> {
  const written = writtenSchemas.get(parameters);
  if (written !== undefined) return written;
  const json = llm.toJsonSchema(parameters, true, false);
  const { $schema: _dialect, ...schema } = json;
  // One that was JSON already comes back as it is.
  if (json !== parameters) writtenSchemas.set(parameters, schema);
  return schema;
}

/** Direct callers give OpenAI's names; the voice pipeline gives none. */
function toParams(kwargs: Record<string, unknown> = {}): Params {
  const known = ['temperature', 'top_p', 'max_tokens', 'seed', 'stop', 'reasoning_effort'] as const;
  const entries = known
    .map((name) => [name, kwargs[name]] as const)
    .filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries);
}
