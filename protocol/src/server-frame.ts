/**
 * What a server may send: one schema per frame. Their meaning is in PROTOCOL.md, section 5; plain frames in section 9.
 */
import { z } from 'zod';
import { list } from './list.ts';
import { errorCodes } from './error-code.ts';
import { limits } from './limits.ts';
import { toolCall } from './message.ts';

const id = z.string();
const milliseconds = z.number().nonnegative();

/** Who answers, as far as a client may know. */
const personaCard = z.object({
  name: z.string(),
  title: z.string(),
  greeting: z.string().optional(),
  voice: z.string().optional(),
  language: z.string().optional(),
  suggestions: list(z.string()),
});
export type PersonaCard = z.infer<typeof personaCard>;

/** What a server offers beyond `chat`, `cancel`, `reset` and `ping`. */
export const features = [
  'standalone',
  'tools',
  'params',
  'instructions',
  'deadlines',
  'threads',
  'mirrors',
  'heard',
  'warm',
  'personas',
  'speech',
  'annotations',
] as const;
export type Feature = (typeof features)[number];

const readyFrame = z.object({
  type: z.literal('ready'),
  server: z.string(),
  persona: personaCard,
  personas: list(z.object({ name: z.string(), title: z.string() })),
  backend: z.string(),
  /** Absent while the server does not know it yet. */
  model: z.string().optional(),
  limits,
  /** Names of later versions included; see `features` for those of this one. */
  features: list(z.string()),
});

const deltaFrame = z.object({ type: z.literal('delta'), id, content: z.string() });
const reasoningFrame = z.object({ type: z.literal('reasoning'), id, content: z.string() });
const toolCallFrame = z.object({ type: z.literal('tool_call'), id, call: toolCall });

export const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'cancelled']);
export type FinishReason = z.infer<typeof finishReason>;

const usage = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  total_tokens: z.int().nonnegative(),
  cached_tokens: z.int().nonnegative().optional(),
  /** True where the model told none and the server counted. */
  estimated: z.boolean().optional(),
});
export type Usage = z.infer<typeof usage>;

const timing = z.object({
  queue_ms: milliseconds,
  first_token_ms: milliseconds.optional(),
  total_ms: milliseconds,
});
export type Timing = z.infer<typeof timing>;

const completeFrame = z.object({
  type: z.literal('complete'),
  id,
  /** One of a later version still ends the reply. */
  finish_reason: z.union([finishReason, z.string().transform(() => 'stop' as const)], {
    error: 'expected a finish reason',
  }),
  usage,
  timing,
  /** Absent where the server does not know it. */
  model: z.string().optional(),
  backend: z.string(),
  context: z.object({ limit: z.int(), used: z.int(), dropped: z.int() }).optional(),
});

const warmedFrame = z.object({
  type: z.literal('warmed'),
  id,
  timing,
  prefilled_tokens: z.int().nonnegative().optional(),
});

const errorFrame = z.object({
  type: z.literal('error'),
  id: id.optional(),
  code: z.enum(errorCodes).catch('internal'),
  message: z.string(),
  retryable: z.boolean(),
  retry_after_ms: milliseconds.optional(),
});

const annotationFrame = z.object({
  type: z.literal('annotation'),
  reply: z.string(),
  emotion: z.string().optional(),
});
const closingFrame = z.object({ type: z.literal('closing'), grace_ms: milliseconds });
const resetCompleteFrame = z.object({
  type: z.literal('reset_complete'),
  thread: z.string().optional(),
});
const pongFrame = z.object({ type: z.literal('pong') });

export type ReadyFrame = z.infer<typeof readyFrame>;
export type DeltaFrame = z.infer<typeof deltaFrame>;
export type ReasoningFrame = z.infer<typeof reasoningFrame>;
export type ToolCallFrame = z.infer<typeof toolCallFrame>;
export type CompleteFrame = z.infer<typeof completeFrame>;
export type WarmedFrame = z.infer<typeof warmedFrame>;
export type ErrorFrame = z.infer<typeof errorFrame>;
export type AnnotationFrame = z.infer<typeof annotationFrame>;
export type ClosingFrame = z.infer<typeof closingFrame>;
export type ResetCompleteFrame = z.infer<typeof resetCompleteFrame>;
export type PongFrame = z.infer<typeof pongFrame>;

export type ServerFrame =
  | ReadyFrame
  | DeltaFrame
  | ReasoningFrame
  | ToolCallFrame
  | CompleteFrame
  | WarmedFrame
  | ErrorFrame
  | AnnotationFrame
  | ClosingFrame
  | ResetCompleteFrame
  | PongFrame;

/** Every frame that a v1 server sends, by its type; those of persona tools have types of their own. */
export const serverFrames = {
  ready: readyFrame,
  delta: deltaFrame,
  reasoning: reasoningFrame,
  tool_call: toolCallFrame,
  complete: completeFrame,
  warmed: warmedFrame,
  error: errorFrame,
  annotation: annotationFrame,
  closing: closingFrame,
  reset_complete: resetCompleteFrame,
  pong: pongFrame,
} as const satisfies Record<ServerFrame['type'], z.ZodType<ServerFrame>>;
