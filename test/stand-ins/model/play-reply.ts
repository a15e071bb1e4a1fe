/** One reply in time: what the behaviour says, when it is due, and how it fails. Knows neither dialect nor transport. */
import type { Behaviour, Failure } from './behaviour.ts';
import type { ReplyChannel } from './reply-channel.ts';
import type { ReplyFormat } from './reply-format.ts';
import { waitUntil } from './wait-until.ts';

export interface Playing {
  behaviour: Behaviour;
  format: ReplyFormat;
  channel: ReplyChannel;
  /** From when its tokens are due, in milliseconds of `performance.now()`. */
  startedAt: number;
  /** A token has been sent. */
  onToken: () => void;
}

type LateFailure = Exclude<Failure, { type: 'status' }>;

/** True once the model's own end marker was sent. Rejects when the reply is over before. */
export async function playReply({
  behaviour,
  format,
  channel,
  startedAt,
  onToken,
}: Playing): Promise<boolean> {
  const { failure, pieceBytes, reasoning = [], tokens, firstTokenMs = 0, tokenMs = 0 } = behaviour;
  const late = failure?.type === 'status' ? undefined : failure;
  const send = (events: readonly string[]): Promise<void> => channel.send(events, pieceBytes);
  const due = (token: number): Promise<void> =>
    waitUntil(startedAt + firstTokenMs + token * tokenMs, channel.signal);

  channel.open(format.contentType);
  await send(format.opening());
  await due(0);
  for (const [index, token] of reasoning.entries()) {
    await due(index);
    await send(format.reasoning(token));
  }
  for (const [index, token] of tokens.entries()) {
    if (late?.after === index) return fail(late, format, channel, send);
    await due(reasoning.length + index);
    await send(format.text(token));
    onToken();
  }
  if (late !== undefined) return fail(late, format, channel, send);
  if (behaviour.toolCalls !== undefined) await send(format.toolCalls(behaviour.toolCalls));
  await send(format.end(behaviour, tokens.length));
  channel.end();
  return true;
}

async function fail(
  failure: LateFailure,
  format: ReplyFormat,
  channel: ReplyChannel,
  send: (events: readonly string[]) => Promise<void>,
): Promise<false> {
  switch (failure.type) {
    case 'silent':
      break;
    case 'cut':
      channel.cut();
      break;
    case 'reset':
      channel.reset();
      break;
    case 'malformed':
      await send([format.malformed]);
      channel.cut();
      break;
    case 'error':
      await send(format.error(failure.message));
      channel.end();
      break;
  }
  return false;
}
