/** What one client may do, in choices that make sense whatever happened before. Types only. */
import type { ReplyPlan } from './reply-plan.ts';

/** Until when a step waits for the request that it is about. Each is reached at the latest with that request's end. */
export type Moment = 'now' | 'asked' | 'content' | 'ended';

/** Which of two connections of the same user. */
export type Seat = 'one' | 'other';

/** One of two names. */
export type ThreadName = 'a' | 'b';

/** What was heard of the reply to which chat, counted from the newest of its thread. */
export interface HeardEdit {
  back: number;
  content: 'something' | 'nothing';
}

/** What a client does with its mirror. What a count is of, its list at that time decides. */
export interface MirrorEdit {
  key: 'x' | 'y' | 'z';
  /** `right`: what a client knows to be right; `last`: the last one even where it is known to be lost; `stale`: one before that. */
  base: 'right' | 'last' | 'stale' | 'none';
  keep: 'all' | 'all but one' | 'half' | 'nothing' | 'too much';
  /** Undefined: not sent. */
  instructions: string | undefined;
  tools: readonly string[] | undefined;
  /** What else is wrong with the request. */
  flaw: 'none' | 'bad key' | 'contradiction' | 'unreadable';
}

/** Where a request's messages go. */
export type Place =
  | { type: 'thread'; heard?: HeardEdit | undefined }
  | { type: 'named'; name: ThreadName; heard?: HeardEdit | undefined }
  | { type: 'alone' }
  | { type: 'mirror'; edit: MirrorEdit };

export type Step = { /** Absent: one. */ by?: Seat } & (
  | { type: 'chat' | 'warm'; place: Place; plan: ReplyPlan; turns: 1 | 2 }
  /** `back` counts requests of the connection from the newest; `fenced`: a ping follows at once. */
  | { type: 'cancel'; back: number; moment: Moment; fenced: boolean }
  | { type: 'cancel unknown' }
  /** `name` absent: the connection's own thread. */
  | { type: 'reset'; name?: ThreadName; back: number; moment: Moment }
  | { type: 'ping' }
  | { type: 'await'; back: number; moment: Moment }
  | { type: 'pause'; ms: number }
  /** Plain: a frame that is wrong. */
  | { type: 'mistake'; which: number }
);

export type Ending =
  /** Waits until everything has ended. */
  | { type: 'drain' }
  /** Of one connection; the other one waits until everything has ended. */
  | { type: 'loss'; by?: Seat; how: 'closed' | 'torn'; back: number; moment: Moment };

/** From connecting to the end of the connection. */
export interface Life {
  steps: Step[];
  ending: Ending;
}

export interface Script {
  client: 'v1' | 'plain';
  model: 'ollama' | 'openai';
  /** One after the other: whoever comes back starts with nothing. */
  lives: Life[];
}
