/**
 * What the model is sent: the persona's prompt, instructions, history; what is stable first, so that its prefix cache hits.
 * Turns the wire's messages into the backend's. Pure.
 */
import type { ChatFrame, ContentPart, Message } from '@ws-llm/protocol';
import {
  BackendError,
  type BackendContentPart,
  type BackendMessage,
  type BackendRequest,
  type BackendTool,
} from '../backend.ts';
import { toBackendParams } from '../params.ts';
import type { Persona } from '../personas/persona.ts';
import { pairCalls } from './pair-calls.ts';
import { toBackendCall } from './tool-call.ts';

export type PromptOptions = Pick<
  ChatFrame,
  'instructions' | 'tools' | 'tool_choice' | 'parallel_tool_calls' | 'params'
>;

/** @throws BackendError `bad_request` where a message holds what no backend takes */
export function buildPrompt(
  persona: Persona,
  messages: readonly Message[],
  options: PromptOptions = {},
): BackendRequest {
  const {
    instructions,
    tools: own = [],
    tool_choice: choice,
    parallel_tool_calls: parallel,
    params,
  } = options;
  // One system message: the templates of many local models take no second.
  const system = instructions === undefined ? persona.prompt : `${persona.prompt}\n\n${instructions}`;
  const model = params?.model ?? persona.model;
  const tools = [...toolsOf(persona), ...own.map(({ function: tool }) => toBackendTool(tool))];
  return {
    ...(model !== undefined && { model }),
    messages: [{ role: 'system', content: system }, ...toBackendMessages(pairCalls(messages))],
    params: { ...persona.params, ...toBackendParams(params ?? {}) },
    ...(tools.length > 0 && { tools }),
    ...(choice !== undefined && {
      toolChoice: typeof choice === 'string' ? choice : { name: choice.function.name },
    }),
    ...(parallel !== undefined && { parallelToolCalls: parallel }),
  };
}

/** Of personas that have answered: they never change, and every request has their tools. */
const knownTools = new WeakMap<Persona, readonly BackendTool[]>();

function toolsOf(persona: Persona): readonly BackendTool[] {
  const known = knownTools.get(persona);
  if (known !== undefined) return known;
  const tools = (persona.tools ?? []).map((tool) => ({ ...toBackendTool(tool), isOptional: true }));
  knownTools.set(persona, tools);
  return tools;
}

function toBackendMessages(messages: readonly Message[]): BackendMessage[] {
  const toolNames = new Map<string, string>();
  return messages.map((message): BackendMessage => {
    switch (message.role) {
      case 'system':
      case 'developer':
        return { role: 'system', content: textOf(message.content) };
      case 'user':
        return {
          role: 'user',
          content: typeof message.content === 'string' ? message.content : message.content.map(toBackendPart),
        };
      case 'assistant': {
        const toolCalls = message.tool_calls?.map(toBackendCall);
        for (const { id, name } of toolCalls ?? []) toolNames.set(id, name);
        const content = message.content ?? message.refusal ?? '';
        return { role: 'assistant', content: textOf(content), ...(toolCalls !== undefined && { toolCalls }) };
      }
      case 'tool': {
        const { tool_call_id: toolCallId } = message;
        const toolName = toolNames.get(toolCallId);
        const content = textOf(message.content);
        return { role: 'tool', toolCallId, content, ...(toolName !== undefined && { toolName }) };
      }
    }
  });
}

/** Of every role but the user's, which may hold pictures too. */
function textOf(content: string | ContentPart[]): string {
  if (typeof content === 'string') return content;
  return content.map(toText).join('\n');
}

function toText(part: ContentPart): string {
  if (part.type === 'text') return part.text;
  if (part.type === 'refusal') return part.refusal;
  throw notTaken(part);
}

function toBackendPart(part: ContentPart): BackendContentPart {
  if (part.type === 'text' || part.type === 'image_url') return part;
  throw notTaken(part);
}

/** Connections refuse such a request before it gets here, with the place of the part. */
function notTaken({ type }: ContentPart): BackendError {
  return new BackendError('bad_request', `Content parts of type ${type} are not supported here.`, {
    retryable: false,
  });
}

function toBackendTool(tool: {
  name: string;
  description?: string | undefined;
  parameters?: Record<string, unknown> | undefined;
}): BackendTool {
  const { name, description, parameters } = tool;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}
