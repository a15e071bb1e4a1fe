/** A reply as an async iterable, for readers that would rather pull. */
import type { Channel } from './channel.ts';
import type { ChatRequest, ReplyEnd, ReplyPart } from './reply.ts';

/**
 * Sends `request` and yields its parts, then its end, last. Leaving the loop early cancels the reply.
 * @throws Error where the channel is not open.
 */
export async function* streamReply(
  channel: Channel,
  request: ChatRequest,
): AsyncGenerator<ReplyPart | ReplyEnd, void, undefined> {
  const arrived: (ReplyPart | ReplyEnd)[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const push = (item: ReplyPart | ReplyEnd): void => {
    arrived.push(item);
    wake?.();
  };
  const reply = channel.chat(request, {
    part: push,
    end: (end) => {
      ended = true;
      push(end);
    },
  });
  try {
    for (;;) {
      const item = arrived.shift();
      if (item !== undefined) yield item;
      else if (ended) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    reply.cancel();
  }
}
