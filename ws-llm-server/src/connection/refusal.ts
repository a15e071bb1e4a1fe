/**
 * Why a well-formed request is not served: what its client may not do, what makes no sense, what is past a limit.
 * Pure; the order is the order in which a person would mend things.
 */
import {
  type ChatFrame,
  type ErrorCode,
  type Feature,
  features,
  type Limits,
  type Message,
  type ResetFrame,
  type WarmFrame,
} from '@ws-llm/protocol';
import type { Role } from '../access/role.ts';
import type { MirrorOutcome } from '../context/mirrors.ts';
import type { Persona } from '../personas/persona.ts';
import { imageRefusal } from './image-urls.ts';

export interface Refusal {
  code: ErrorCode;
  message: string;
}

const guestFeatures: readonly Feature[] = ['standalone', 'deadlines', 'mirrors', 'speech'];

/** What this server offers a client beyond chat, cancel, reset and ping. */
export function servedFeatures(role: Role): readonly Feature[] {
  return role === 'guest' ? guestFeatures : features;
}

/** `frame` with the whole list, and what sticks to it, where it has a mirror. */
export function refusalOf(
  frame: ChatFrame | WarmFrame,
  persona: Persona | undefined,
  { role, limits, imageUrls }: { role: Role; limits: Limits; imageUrls: readonly string[] },
): Refusal | undefined {
  return (
    (role === 'guest' ? guestOverreach(frame) : undefined) ??
    imageRefusal(frame.messages, { role, imageUrls }) ??
    contradiction(frame) ??
    nothingSaid(frame) ??
    unsupportedPart(frame.messages) ??
    takenToolName(frame, persona) ??
    nothingToCall(frame, persona) ??
    overLimit(frame, limits)
  );
}

/** As for requests: who may, and how long a name may be. */
export function resetRefusal(
  { thread }: ResetFrame,
  { role, limits }: { role: Role; limits: Limits },
): Refusal | undefined {
  if (thread !== undefined && role === 'guest')
    return { code: 'unauthorized', message: 'thread: not for guests' };
  return nameTooLong(thread, limits);
}

function nameTooLong(name: string | undefined, limits: Limits): Refusal | undefined {
  if (name === undefined || name.length <= limits.key_chars) return undefined;
  return { code: 'too_large', message: `a key or name of more than ${limits.key_chars} characters` };
}

function contradiction(frame: ChatFrame | WarmFrame): Refusal | undefined {
  if (frame.heard === undefined || frame.mirror === undefined) return undefined;
  return { code: 'bad_request', message: 'heard: belongs to a thread; a mirror holds what was heard' };
}

/** Every role may hold text, a user pictures too, and an assistant what it refused. */
export function unsupportedPart(messages: readonly Message[]): Refusal | undefined {
  for (const [index, { role, content }] of messages.entries()) {
    if (typeof content === 'string' || content === null || content === undefined) continue;
    const place = content.findIndex(({ type }) => type !== 'text' && type !== otherPart[role]);
    if (place === -1) continue;
    const { type } = content[place] ?? {};
    const message = `messages[${index}].content[${place}]: ${type} is not supported in a message of role ${role}`;
    return { code: 'bad_request', message };
  }
  return undefined;
}

const otherPart: Partial<Record<Message['role'], string>> = { user: 'image_url', assistant: 'refusal' };

/** There is a prefix without any message, but no answer. */
function nothingSaid(frame: ChatFrame | WarmFrame): Refusal | undefined {
  if (frame.type === 'warm' || frame.messages.length > 0) return undefined;
  return { code: 'bad_request', message: 'messages: expected at least 1 element' };
}

/** The model could not tell them apart. */
function takenToolName({ tools }: ChatFrame | WarmFrame, persona: Persona | undefined): Refusal | undefined {
  const taken = new Set(persona?.tools?.map(({ name }) => name));
  const index = tools?.findIndex(({ function: { name } }) => taken.has(name)) ?? -1;
  if (index === -1) return undefined;
  return {
    code: 'bad_request',
    message: `tools[${index}].function.name: the persona has a tool of that name; choose another`,
  };
}

/** What must be called has to be there. */
function nothingToCall(
  { tools = [], tool_choice: choice }: ChatFrame | WarmFrame,
  persona: Persona | undefined,
): Refusal | undefined {
  const names = [
    ...tools.map((tool) => tool.function.name),
    ...(persona?.tools ?? []).map(({ name }) => name),
  ];
  if (choice === 'required' && names.length === 0)
    return { code: 'bad_request', message: 'tool_choice: there is no tool to call' };
  if (typeof choice !== 'object' || names.includes(choice.function.name)) return undefined;
  return { code: 'bad_request', message: 'tool_choice.function.name: there is no tool of that name' };
}

const guestKeys = new Set(['type', 'id', 'messages', 'mirror', 'output', 'deadlines']);

function guestOverreach(frame: ChatFrame | WarmFrame): Refusal | undefined {
  const key = Object.entries(frame).find(([name, value]) => value !== undefined && !guestKeys.has(name))?.[0];
  if (key !== undefined) return { code: 'unauthorized', message: `${key}: not for guests` };
  if (frame.type === 'warm') return { code: 'unauthorized', message: 'warm: not for guests' };
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

/** A model's name is looked up, remembered and repeated in errors, so its length is bounded. */
const maxModelChars = 256;

function overLimit(frame: ChatFrame | WarmFrame, limits: Limits): Refusal | undefined {
  if ((frame.params?.model?.length ?? 0) > maxModelChars)
    return { code: 'too_large', message: `params.model: more than ${maxModelChars} characters` };
  const longName = nameTooLong(frame.thread ?? frame.mirror?.key, limits);
  if (longName !== undefined) return longName;
  // A mirror counts as it goes.
  const long = frame.mirror?.key === undefined ? listTooLong(frame.messages, limits) : undefined;
  if (long !== undefined) return long;
  if (frame.tools !== undefined && Buffer.byteLength(JSON.stringify(frame.tools)) > limits.tool_bytes) {
    return { code: 'too_large', message: `tools: more than ${limits.tool_bytes} bytes` };
  }
  return undefined;
}

/** Of one request's whole list. */
export function listTooLong(
  messages: readonly Message[],
  { messages: most, list_bytes: mostBytes, frame_bytes: frameBytes }: Limits,
): Refusal | undefined {
  if (messages.length > most) return { code: 'too_large', message: `messages: more than ${most}` };
  // Otherwise a frame bounds its own list.
  if (mostBytes >= frameBytes) return undefined;
  const bytes = messages.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message)), 0);
  return bytes > mostBytes
    ? { code: 'too_large', message: `messages: more than ${mostBytes} bytes` }
    : undefined;
}

export const exchangeTooLarge: Refusal = {
  code: 'too_large',
  message: 'the newest exchange on this thread would be larger than ready.limits allow; reset the thread',
};

/** Of what all clients share: PROTOCOL.md, "Limits". */
export const tooBusy: Refusal = {
  code: 'overloaded',
  message: 'the server has too much to do; try again in a while',
};

export const noSuchPersona: Refusal = {
  code: 'bad_request',
  message: 'persona: there is none of that name here; ready.personas has those that there are',
};

export function mirrorRefusal(mirrored: MirrorOutcome | undefined): Refusal | undefined {
  switch (mirrored?.outcome) {
    case 'unknown':
      return { code: 'unknown_mirror', message: 'this mirror is not known here; send everything again' };
    case 'too_large':
      return { code: 'too_large', message: 'the list is longer than ready.limits allow' };
    case 'applied':
    case undefined:
      return undefined;
  }
}
