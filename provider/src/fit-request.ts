/**
 * A request made to fit one channel: what a plain server, or one without a feature, cannot be asked is said otherwise or left out. Tools are
 * left out on plain alone, which has no word for them: whether an agent can do without its tools is the agent's decision, so on v1 they
 * travel, and a server whose model takes none refuses them. Pure; who warns is the stream's business.
 */
import type { Channel } from '@ws-llm/client';
import type { Feature, Message } from '@ws-llm/protocol';
import type { RequestBody } from './request.ts';

export interface FittedRequest {
  body: RequestBody;
  /** What had to be left out, in words for a log. */
  dropped: string[];
}

/** @param channel on v1, one whose `ready` has arrived */
export function fitRequest(body: RequestBody, channel: Pick<Channel, 'dialect' | 'ready'>): FittedRequest {
  const isPlain = channel.dialect === 'plain';
  const has = (feature: Feature): boolean => channel.ready?.features.includes(feature) === true;
  const fitted: RequestBody = { ...body };
  const dropped: string[] = [];
  const { instructions } = fitted;
  // Instructions alone are something to say, and nothing to answer: a server wants a message.
  if (instructions !== undefined && (!has('instructions') || fitted.messages.length === 0)) {
    fitted.messages = [{ role: 'system', content: instructions }, ...fitted.messages];
    delete fitted.instructions;
  }
  if (!has('deadlines')) delete fitted.deadlines;
  if (!has('params') && fitted.params !== undefined) {
    delete fitted.params;
    dropped.push('parameters');
  }
  if (!has('speech') && fitted.output === 'speech') {
    delete fitted.output;
    dropped.push('output "speech"');
  }
  if (isPlain) {
    if (fitted.tools !== undefined) {
      delete fitted.tools;
      delete fitted.tool_choice;
      delete fitted.parallel_tool_calls;
      dropped.push('tools');
    }
    if (fitted.messages.some(isToolTraffic)) dropped.push('tool calls and their results in the history');
    fitted.messages = fitted.messages.flatMap(withoutCalls);
  }
  return { body: fitted, dropped };
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
