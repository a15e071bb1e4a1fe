/**
 * A request made to fit one channel: what a plain server, or one without a feature, cannot be asked is said otherwise or left out, and what
 * is over the server's limits is found before it is sent. Pure; who warns and who throws is the stream's business.
 */
import type { Channel, ChatRequest } from '@ws-llm/client';
import type { Feature, Limits, Message } from '@ws-llm/protocol';
import type { RequestBody } from './request.ts';

export interface FittedRequest {
  body: RequestBody;
  /** What had to be left out, in words for a log. */
  dropped: string[];
}

/** Before `ready` has arrived a v1 server is taken to offer everything: it answers `bad_request` to what it does not. */
export function fitRequest(body: RequestBody, channel: Pick<Channel, 'dialect' | 'ready'>): FittedRequest {
  const isPlain = channel.dialect === 'plain';
  const has = (feature: Feature): boolean =>
    !isPlain && (channel.ready === undefined || channel.ready.features.includes(feature));
  const fitted: RequestBody = { ...body };
  const dropped: string[] = [];
  if (!has('instructions') && fitted.instructions !== undefined) {
    fitted.messages = [{ role: 'system', content: fitted.instructions }, ...fitted.messages];
    delete fitted.instructions;
  }
  if (!has('deadlines')) delete fitted.deadlines;
  if (!has('params') && fitted.params !== undefined) {
    delete fitted.params;
    dropped.push('parameters');
  }
  if (!has('tools') && fitted.tools !== undefined) {
    delete fitted.tools;
    delete fitted.tool_choice;
    delete fitted.parallel_tool_calls;
    dropped.push('tools');
  }
  if (isPlain) {
    const spoken = fitted.messages.flatMap(withoutCalls);
    if (fitted.messages.some(isToolTraffic)) dropped.push('tool calls and their results in the history');
    fitted.messages = spoken;
  }
  return { body: fitted, dropped };
}

/** @returns what is too large and how large it may be, or undefined where everything fits */
export function findExcess(request: ChatRequest, limits: Limits): string | undefined {
  const { messages, tools, ...rest } = request;
  const listBytes = bytesOf(messages);
  const toolBytes = tools === undefined ? 0 : bytesOf(tools);
  const frameBytes =
    bytesOf({ type: 'chat', ...rest }) +
    listBytes +
    ',"messages":'.length +
    (tools === undefined ? 0 : toolBytes + ',"tools":'.length);
  const measured = [
    { what: 'messages', size: messages.length, limit: limits.messages },
    { what: 'bytes of messages', size: listBytes, limit: limits.list_bytes },
    { what: 'bytes of tools', size: toolBytes, limit: limits.tool_bytes },
    { what: 'bytes in one frame', size: frameBytes, limit: limits.frame_bytes },
  ];
  const excess = measured.find(({ size, limit }) => size > limit);
  if (excess === undefined) return undefined;
  return `the request has ${excess.size} ${excess.what}, the server takes ${excess.limit}; shorten the history or the tools`;
}

function isToolTraffic(message: Message): boolean {
  return message.role === 'tool' || (message.role === 'assistant' && message.tool_calls !== undefined);
}

function withoutCalls(message: Message): Message[] {
  if (message.role === 'tool') return [];
  if (message.role !== 'assistant') return [message];
  const { content } = message;
  return content === undefined || content === null || content.length === 0
    ? []
    : [{ role: 'assistant', content }];
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
