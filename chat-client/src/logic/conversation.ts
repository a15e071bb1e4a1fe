/**
 * Everything that the page shows, as one value, and how each event changes it. Pure: no clock, no socket, no DOM.
 * The turn that is being answered is always the last one.
 */
import type { ReplyEnd, ReplyPart } from '@ws-llm/client';
import type { Limits, PersonaCard, ReadyFrame } from '@ws-llm/protocol';
import { noteOf } from './note.ts';
import { neutralPersona } from './neutral-persona.ts';
import type { ReplyState, Turn, TurnReply } from './transcript.ts';

/** How the connection stands, in the words that a reader needs. */
export type Link =
  /** `again`: after a loss or a failed attempt. */
  | { type: 'connecting'; again: boolean }
  /** A plain server tells neither backend nor model. */
  | { type: 'connected'; backend?: string; model?: string }
  /** `before`: it had been connected. The next attempt is made at `retryAtMs`, in milliseconds since the epoch. */
  | { type: 'lost'; before: boolean; retryAtMs: number }
  | { type: 'refused'; reason: string };

export interface Conversation {
  address: string;
  /**
   * The server chosen in the settings, which the page left for its own because it could not connect
   * there.
   */
  left?: LeftServer;
  link: Link;
  /** Undefined until a server has told who answers, or turned out to be a plain one. */
  persona: PersonaCard | undefined;
  limits: Limits | undefined;
  turns: readonly Turn[];
}

interface LeftServer {
  address: string;
  /** It answered, and refused. */
  isRefusal: boolean;
}

export type ConversationEvent =
  | { type: 'address_chosen'; address: string }
  /** `address`: the page's own server. */
  | { type: 'fell_back'; address: string; isRefusal: boolean }
  /** The reader has read that the page left a server. */
  | { type: 'left_dismissed' }
  | { type: 'link_changed'; link: Link }
  | { type: 'ready'; frame: ReadyFrame }
  | { type: 'plain_connected' }
  | { type: 'asked'; question: string; atMs: number }
  /** The last question, once more; what came of its reply goes. */
  | { type: 'asked_again'; atMs: number }
  | { type: 'part_arrived'; part: ReplyPart }
  | { type: 'stopped'; atMs: number }
  | { type: 'ended'; end: ReplyEnd; atMs: number }
  | { type: 'cleared' };

export function newConversation(address: string): Conversation {
  return {
    address,
    link: { type: 'connecting', again: false },
    persona: undefined,
    limits: undefined,
    turns: [],
  };
}

/** The turn that is being answered or waits to be asked. */
export function openTurn({ turns }: Conversation): Turn | undefined {
  const last = turns.at(-1);
  return last !== undefined && isOpen(last.reply.state) ? last : undefined;
}

/** The last turn, where asking it again may help. */
export function repeatableTurn({ turns }: Conversation): Turn | undefined {
  const last = turns.at(-1);
  return last !== undefined && isRepeatable(last.reply.state) ? last : undefined;
}

/**
 * A question that crossed the server's notice that it closes: nothing came of it there, and the
 * next server may have it.
 */
export function wasNotAsked(state: Conversation, end: ReplyEnd): boolean {
  if (openTurn(state)?.reply.state.type !== 'waiting') return false;
  return end.type === 'lost' || (end.type === 'failed' && end.code === 'overloaded');
}

export function reduce(state: Conversation, event: ConversationEvent): Conversation {
  switch (event.type) {
    case 'address_chosen':
      return { ...newConversation(event.address), turns: state.turns };
    case 'fell_back': {
      const left = { address: state.address, isRefusal: event.isRefusal };
      return { ...newConversation(event.address), turns: state.turns, left };
    }
    case 'left_dismissed': {
      const { left: _left, ...rest } = state;
      return rest;
    }
    case 'link_changed':
      return { ...state, link: event.link };
    case 'ready': {
      const { persona, limits, backend, model } = event.frame;
      const link: Link = { type: 'connected', backend, ...(model !== undefined && { model }) };
      return { ...state, link, persona, limits };
    }
    case 'plain_connected':
      return { ...state, link: { type: 'connected' }, persona: neutralPersona, limits: undefined };
    case 'asked': {
      const id = (state.turns.at(-1)?.id ?? 0) + 1;
      const turn: Turn = { id, question: event.question, askedAtMs: event.atMs, reply: newReply };
      return { ...state, turns: [...state.turns, turn] };
    }
    case 'asked_again':
      return updateLast(state, (turn) => ({ ...turn, askedAtMs: event.atMs, reply: newReply }));
    case 'part_arrived':
      return updateOpen(state, (reply) => withPart(reply, event.part));
    case 'stopped':
      return updateOpen(state, (reply) => ({
        ...reply,
        state: { type: 'stopped' },
        endedAtMs: event.atMs,
      }));
    case 'ended':
      return updateOpen(state, (reply) => ({
        ...reply,
        state: endState(event.end),
        endedAtMs: event.atMs,
      }));
    case 'cleared':
      return { ...state, turns: [] };
  }
}

const newReply: TurnReply = { text: '', reasoning: '', notes: [], state: { type: 'waiting' } };

function isOpen(state: ReplyState): boolean {
  return state.type === 'waiting' || state.type === 'streaming';
}

function isRepeatable(state: ReplyState): boolean {
  switch (state.type) {
    case 'stopped':
    case 'lost':
      return true;
    case 'failed':
      return state.retryable;
    case 'waiting':
    case 'streaming':
    case 'complete':
      return false;
  }
}

function updateLast(state: Conversation, update: (turn: Turn) => Turn): Conversation {
  const last = state.turns.at(-1);
  if (last === undefined) return state;
  return { ...state, turns: [...state.turns.slice(0, -1), update(last)] };
}

function updateOpen(state: Conversation, update: (reply: TurnReply) => TurnReply): Conversation {
  if (openTurn(state) === undefined) return state;
  return updateLast(state, (turn) => ({ ...turn, reply: update(turn.reply) }));
}

function withPart(reply: TurnReply, part: ReplyPart): TurnReply {
  const streaming = { ...reply, state: { type: 'streaming' } as const };
  switch (part.type) {
    case 'text':
      return { ...streaming, text: reply.text + part.text };
    case 'reasoning':
      return { ...streaming, reasoning: reply.reasoning + part.text };
    case 'tool_call':
    case 'persona_frame':
      return { ...streaming, notes: [...reply.notes, noteOf(part)] };
  }
}

function endState(end: ReplyEnd): ReplyState {
  switch (end.type) {
    case 'complete':
      return { type: 'complete', finishReason: end.finishReason };
    case 'failed':
      // A plain server tells no code and so cannot tell whether asking again helps; the reader may try.
      return { type: 'failed', message: end.message, retryable: end.retryable || end.code === undefined };
    case 'lost':
      return { type: 'lost' };
  }
}
