/**
 * Messages, content parts, calls and tools, in the words of OpenAI Chat Completions.
 * Knows nothing of frames, threads or mirrors.
 */
import { z } from 'zod';
import { list } from './list.ts';
import { jsonObject } from './json-object.ts';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string(), detail: z.string().optional() }),
});
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });
const audioPart = z.object({
  type: z.literal('input_audio'),
  input_audio: z.object({ data: z.string(), format: z.string() }),
});
const filePart = z.object({ type: z.literal('file'), file: jsonObject });

/** One piece of a message's content. */
const contentPart = z.discriminatedUnion('type', [textPart, imagePart, refusalPart, audioPart, filePart]);
export type ContentPart = z.infer<typeof contentPart>;

const content = z.union([z.string(), list(contentPart)], {
  error: 'expected a string or a list of content parts',
});

/** Carried for the client and returned unchanged; the server never looks inside. */
const extra = jsonObject.optional();

/** One whole call of a tool. `arguments` is JSON text, as the model wrote it. */
export const toolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
  extra,
});
export type ToolCall = z.infer<typeof toolCall>;

const name = z.string().optional();

/** One turn of a conversation. */
export const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content, name }),
  z.object({ role: z.literal('developer'), content, name }),
  z.object({ role: z.literal('user'), content, name }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    refusal: z.string().nullish(),
    tool_calls: list(toolCall).optional(),
    name,
    extra,
    /** Id of the reply that this message came from. */
    reply: z.string().optional(),
  }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string() }),
]);
export type Message = z.infer<typeof message>;
export type Role = Message['role'];

/** A function that the model may call. `parameters` is a JSON schema. */
export const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    description: z.string().optional(),
    parameters: jsonObject.optional(),
    strict: z.boolean().nullish(),
  }),
});
export type Tool = z.infer<typeof tool>;

/** Whether and what the model must call. */
export const toolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
  ],
  { error: 'expected "none", "auto", "required" or {type: "function", function: {name}}' },
);
export type ToolChoice = z.infer<typeof toolChoice>;
