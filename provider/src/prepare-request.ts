/**
 * A request as it travels on one channel: fitted to the server, cut down to what its mirror lacks, within its limits, under a new id.
 * Knows nothing of replies.
 */
import type { Channel, ChatRequest } from '@ws-llm/client';
import type { Limits } from '@ws-llm/protocol';
import { tooLarge } from './errors.ts';
import { fitRequest } from './fit-request.ts';
import { jsonBytes, Mirrors, type PlannedChange } from './mirrors.ts';
import type { RequestBody } from './request.ts';

export interface PreparedRequest {
  request: ChatRequest;
  /** What had to be left out, in words for a log. */
  dropped: string[];
  /** It has left: the next one goes on from it. Call it before another one is prepared. */
  sent(): void;
  /** The server may not have taken what it says about its mirror. */
  forget(): void;
}

/**
 * @param channel on v1, one whose `ready` has arrived
 * @throws APIStatusError 413 where the server would not take it
 */
export function prepareRequest(body: RequestBody, channel: Channel, id: string): PreparedRequest {
  const { body: fitted, dropped } = fitRequest(body, channel);
  const { ready } = channel;
  if (ready === undefined) return { request: { id, ...fitted }, dropped, ...noMirror };
  const { messages, instructions: _instructions, tools: _tools, ...rest } = fitted;
  const { limits, features } = ready;
  if (!features.includes('mirrors') || limits.mirrors < 1) {
    const request: ChatRequest = { id, mirror: { keep: 0 }, ...fitted };
    const messageBytes = jsonBytes(messages);
    const list = { messages: messages.length, bytes: messageBytes };
    const toolBytes = fitted.tools === undefined ? 0 : jsonBytes(fitted.tools);
    refuseExcess({ request, messageBytes, toolBytes, list }, limits);
    return { request, dropped, ...noMirror };
  }
  const planned = Mirrors.of(channel).plan(fitted, limits.mirrors);
  const request: ChatRequest = { id, ...rest, ...planned.change };
  refuseExcess({ request, ...planned }, limits);
  return { request, dropped, sent: () => planned.sent(id), forget: () => planned.forget() };
}

const noMirror = { sent: () => {}, forget: () => {} };

interface Measured extends Pick<PlannedChange, 'messageBytes' | 'toolBytes' | 'list'> {
  request: ChatRequest;
}

/** @throws APIStatusError 413 */
function refuseExcess({ request, messageBytes, toolBytes, list }: Measured, limits: Limits): void {
  const { messages: _measured, ...rest } = request;
  const measured = [
    { what: 'messages', size: list.messages, limit: limits.messages },
    { what: 'bytes of messages', size: list.bytes, limit: limits.list_bytes },
    { what: 'bytes of tools', size: toolBytes, limit: limits.tool_bytes },
    {
      what: 'bytes in one frame',
      size: jsonBytes({ type: 'chat', messages: [], ...rest }) + messageBytes + request.messages.length,
      limit: limits.frame_bytes,
    },
  ];
  const excess = measured.find(({ size, limit }) => size > limit);
  if (excess === undefined) return;
  const { what, size, limit } = excess;
  throw tooLarge(
    `the request has ${size} ${what}, the server takes ${limit}; shorten the history or the tools`,
  );
}
