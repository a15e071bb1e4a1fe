/**
 * What a `WebSocketLLM` tells beyond what LiveKit's LLMs do: thoughts, the frames of persona tools, how replies ended.
 * Types alone.
 */
import type { llm } from '@livekit/agents';
import type { ReplyExtra } from './reply-extra.ts';

/**
 * The frames that personas' tools send, by their type: what `data` of each holds. Add your persona's own by declaration merging. The server
 * vouches for their shape; it is not checked here.
 */
export interface PersonaFrames {
  symptoms_collected: {
    symptoms: { name: string; choice_id: 'present' | 'absent' | 'unknown' }[];
  };
}

/** A persona's tool did something that concerns its client. */
export type PersonaFrameEvent = {
  [Type in keyof PersonaFrames]: {
    type: Type;
    /** Id of the reply in which it happened: `replyExtraOf(message)?.reply`. */
    reply: string;
    data: PersonaFrames[Type];
  };
}[keyof PersonaFrames];

/** A piece of what a reasoning model thinks. It is never spoken. */
export interface ReasoningEvent {
  reply: string;
  text: string;
}

/** A reply ended in good order, cancelled ones included: LiveKit's own metrics count no tokens for those. */
export interface ReplyEndedEvent extends ReplyExtra {
  usage?: llm.CompletionUsage;
}

/** The events of a `WebSocketLLM`, LiveKit's own included. */
export type WebSocketLLMCallbacks = llm.LLMCallbacks & {
  /** As it arrives, whether the reply is spoken or abandoned. */
  reasoning: (event: ReasoningEvent) => void;
  /** Once, in order, when the reply is adopted: see `WebSocketLLM.adopt`. */
  persona_frame: (event: PersonaFrameEvent) => void;
  reply_ended: (event: ReplyEndedEvent) => void;
};
