/**
 * The plain dialect, PROTOCOL.md section 9: frames without ids, answered in order.
 * Its rules for mistakes differ from v1's, so it has a parser of its own in parse-plain-frame.ts.
 */
import { z } from 'zod';
import { list } from './list.ts';
import { message } from './message.ts';

export const plainChatFrame = z.object({ type: z.literal('chat'), messages: list(message) });
export const plainResetFrame = z.object({ type: z.literal('reset') });
export type PlainChatFrame = z.infer<typeof plainChatFrame>;
export type PlainResetFrame = z.infer<typeof plainResetFrame>;
export type PlainClientFrame = PlainChatFrame | PlainResetFrame;

export const plainServerFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('delta'), content: z.string() }),
  z.object({ type: z.literal('complete'), content: z.string() }),
  z.object({ type: z.literal('error'), message: z.string() }),
  z.object({ type: z.literal('reset_complete'), message: z.string().optional() }),
]);
export type PlainServerFrame = z.infer<typeof plainServerFrame>;
