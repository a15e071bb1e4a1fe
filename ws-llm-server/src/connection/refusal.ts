/**
 * Why a well-formed request is not served: what its client may not do, what this server does not offer yet, what is past a limit.
 * Pure; the order is the order in which a person would mend things.
 */
import type { ChatFrame, ErrorCode, Feature, Limits, WarmFrame } from '@ws-llm/protocol';
import type { Role } from './connection-context.ts';

export interface Refusal {
  code: ErrorCode;
  message: string;
}

/** What this server offers beyond chat, cancel, reset and ping. */
export const servedFeatures: readonly Feature[] = [
  'standalone',
  'tools',
  'params',
  'instructions',
  'deadlines',
  'threads',
  'mirrors',
  'heard',
];

/** `frame` with the whole list, and what sticks to it, where it has a mirror. */
export function refusalOf(
  frame: ChatFrame | WarmFrame,
  { role, limits }: { role: Role; limits: Limits },
): Refusal | undefined {
  return (
    (role === 'guest' ? guestOverreach(frame) : undefined) ??
    missingFeature(frame) ??
    contradiction(frame) ??
    overLimit(frame, limits)
  );
}

function contradiction(frame: ChatFrame | WarmFrame): Refusal | undefined {
  if (frame.heard === undefined || frame.mirror === undefined) return undefined;
  return { code: 'bad_request', message: 'heard: belongs to a thread; a mirror holds what was heard' };
}

function missingFeature(frame: ChatFrame | WarmFrame): Refusal | undefined {
  const wanted: [Feature, boolean][] = [
    ['warm', frame.type === 'warm'],
    ['threads', frame.thread !== undefined],
    ['mirrors', frame.mirror?.key !== undefined],
    ['personas', frame.persona !== undefined],
    ['speech', frame.output === 'speech'],
    ['heard', frame.heard !== undefined],
    ['annotations', frame.annotate !== undefined && frame.annotate.length > 0],
  ];
  const missing = wanted.find(([feature, used]) => used && !servedFeatures.includes(feature));
  if (missing !== undefined) {
    return { code: 'bad_request', message: `this server does not offer ${missing[0]}; see ready.features` };
  }
  if (frame.params?.model !== undefined) {
    return { code: 'bad_request', message: 'params.model: the model is chosen by the server' };
  }
  if (frame.messages.length === 0)
    return { code: 'bad_request', message: 'messages: expected at least 1 element' };
  return undefined;
}

const guestKeys = new Set(['type', 'id', 'messages', 'mirror', 'output', 'deadlines']);

function guestOverreach(frame: ChatFrame | WarmFrame): Refusal | undefined {
  const key = Object.entries(frame).find(([name, value]) => value !== undefined && !guestKeys.has(name))?.[0];
  if (key !== undefined) return { code: 'unauthorized', message: `${key}: not for guests` };
  return guestRoles(frame.messages);
}

/** Guests speak for themselves: a system message or a tool's result would speak for the persona. */
export function guestRoles(messages: ChatFrame['messages']): Refusal | undefined {
  const index = messages.findIndex(
    (message) =>
      message.role !== 'user' && (message.role !== 'assistant' || message.tool_calls !== undefined),
  );
  if (index === -1) return undefined;
  return {
    code: 'unauthorized',
    message: `messages[${index}]: a guest sends user and assistant messages only`,
  };
}

function overLimit(frame: ChatFrame | WarmFrame, limits: Limits): Refusal | undefined {
  for (const name of [frame.thread, frame.mirror?.key]) {
    if (name !== undefined && name.length > limits.key_chars) {
      return { code: 'too_large', message: `a key or name of more than ${limits.key_chars} characters` };
    }
  }
  // A frame bounds its own list; a mirror counts as it goes.
  if (
    limits.list_bytes < limits.frame_bytes &&
    frame.mirror?.key === undefined &&
    Buffer.byteLength(JSON.stringify(frame.messages)) > limits.list_bytes
  ) {
    return { code: 'too_large', message: `messages: more than ${limits.list_bytes} bytes` };
  }
  if (frame.messages.length > limits.messages) {
    return { code: 'too_large', message: `messages: more than ${limits.messages}` };
  }
  if (frame.tools !== undefined && Buffer.byteLength(JSON.stringify(frame.tools)) > limits.tool_bytes) {
    return { code: 'too_large', message: `tools: more than ${limits.tool_bytes} bytes` };
  }
  return undefined;
}
