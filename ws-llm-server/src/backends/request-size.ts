/**
 * How large a request is, in characters, for those who have to guess tokens. Pure; every server counts tokens in its own way, and none
 * of them before it is asked.
 */
import type { BackendMessage, BackendRequest } from '../backend.ts';

/** What a template puts around each message: role and separators. */
const charsPerMessage = 16;
/** Models spend some hundreds of tokens on a picture, whatever its file's size. */
const charsPerImage = 3_000;

export function messageSize(message: BackendMessage): number {
  const { content } = message;
  let size = charsPerMessage;
  if (typeof content === 'string') size += content.length;
  else for (const part of content) size += part.type === 'text' ? part.text.length : charsPerImage;
  if (message.role === 'assistant') {
    for (const call of message.toolCalls ?? [])
      size += charsPerMessage + call.name.length + call.arguments.length;
  }
  return size;
}

/** Templates tell of tools as JSON. */
export function toolsSize({ tools, toolChoice }: BackendRequest): number {
  return tools === undefined || toolChoice === 'none' ? 0 : JSON.stringify(tools).length;
}
