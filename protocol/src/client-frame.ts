/**
 * What a v1 client may send: one schema per frame. Their meaning is in PROTOCOL.md, section 4.
 * Sizes that an operator may set (`limits`) are not checked here.
 */
import { z } from 'zod';
import { list } from './list.ts';
import { message, tool, toolChoice } from './message.ts';

const durationMs = z.number().positive();
const count = z.int().nonnegative();

/** Sampling and length; what is absent is the persona's or the model's own. */
const params = z.object({
  model: z.string().optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.int().positive().optional(),
  seed: z.int().optional(),
  stop: z
    .union([z.string(), list(z.string())], { error: 'expected a string or a list of strings' })
    .optional(),
  reasoning_effort: z.string().optional(),
});
export type Params = z.infer<typeof params>;

/** How long to wait, in milliseconds: for the first content, between two, in all. */
const deadlines = z.object({
  first_token_ms: durationMs.optional(),
  idle_ms: durationMs.optional(),
  total_ms: durationMs.optional(),
});
export type Deadlines = z.infer<typeof deadlines>;

/** The client's memory: keep `keep` messages of the list that `base` set. Without `key` it stands alone. */
const mirror = z
  .object({ key: z.string().min(1).optional(), base: z.string().optional(), keep: count })
  .refine((value) => value.key !== undefined || (value.keep === 0 && value.base === undefined), {
    error: 'without a key only {keep: 0} is possible',
  });
export type Mirror = z.infer<typeof mirror>;

const requestKeys = {
  id: z.string().min(1),
  messages: list(message),
  thread: z.string().min(1).optional(),
  mirror: mirror.optional(),
  persona: z.string().min(1).optional(),
  instructions: z.string().optional(),
  tools: list(tool).optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  params: params.optional(),
  output: z.enum(['markdown', 'speech']).optional(),
  deadlines: deadlines.optional(),
  heard: z.object({ id: z.string(), content: z.string() }).optional(),
  annotate: list(z.enum(['emotion'])).optional(),
};

/** What a request says of its mirror, whatever else is wrong with it: PROTOCOL.md, section 7. */
export const mirroredRequest = z.object({
  mirror: z.object({ key: z.string().min(1), base: z.string().optional(), keep: count }),
  messages: list(message),
  instructions: z.string().optional(),
  tools: list(tool).optional(),
});
export type MirroredRequest = z.infer<typeof mirroredRequest>;

const oneMemory = {
  error: 'thread and mirror exclude each other',
  path: ['mirror'],
};

const chatFrame = z
  .object({ type: z.literal('chat'), ...requestKeys })
  .refine((frame) => frame.thread === undefined || frame.mirror === undefined, oneMemory);
const warmFrame = z
  .object({ type: z.literal('warm'), ...requestKeys })
  .refine((frame) => frame.thread === undefined || frame.mirror === undefined, oneMemory);
const cancelFrame = z.object({ type: z.literal('cancel'), id: z.string().min(1) });
const resetFrame = z.object({ type: z.literal('reset'), thread: z.string().min(1).optional() });
const pingFrame = z.object({ type: z.literal('ping') });

export type ChatFrame = z.infer<typeof chatFrame>;
export type WarmFrame = z.infer<typeof warmFrame>;
export type CancelFrame = z.infer<typeof cancelFrame>;
export type ResetFrame = z.infer<typeof resetFrame>;
export type PingFrame = z.infer<typeof pingFrame>;
export type ClientFrame = ChatFrame | WarmFrame | CancelFrame | ResetFrame | PingFrame;

/** Every frame that a v1 client may send, by its type. */
export const clientFrames = {
  chat: chatFrame,
  warm: warmFrame,
  cancel: cancelFrame,
  reset: resetFrame,
  ping: pingFrame,
} as const satisfies Record<ClientFrame['type'], z.ZodType<ClientFrame>>;
