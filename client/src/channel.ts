/**
 * One open socket, whichever dialect it speaks. It dies with the socket and never comes back; `Connection` opens the next one.
 */
import type { ClosingFrame, ReadyFrame, AnnotationFrame } from '@ws-llm/protocol';
import type { Closed } from './closed.ts';
import type { ChatRequest, Reply, ReplySink } from './reply.ts';
import type { Warming } from './warming.ts';

export type Dialect = 'v1' | 'plain';

/** What a channel tells its owner beyond replies. All optional. */
export interface ChannelEvents {
  /** v1 only; may come again, the latest holds. */
  ready?(frame: ReadyFrame): void;
  /** The server is about to stop: what was asked may finish, and a `Connection` opens the next socket by itself. */
  closing?(frame: ClosingFrame): void;
  annotation?(frame: AnnotationFrame): void;
  /** Something arrived that is not part of the protocol; it was ignored. */
  unexpected?(message: string): void;
  /** Once, last, after every open reply has ended. */
  closed?(closed: Closed): void;
}

/** What a channel is made with. */
export interface ChannelOptions {
  events: ChannelEvents;
  /** An id for a request that brings none; never one that was given before. */
  nextId: () => string;
}

export interface Channel {
  readonly dialect: Dialect;
  /** False once the socket has closed or begins to, whichever side began. */
  readonly open: boolean;
  /** True once the server has said that it closes: it refuses whatever is asked from now on. Always false on a plain channel. */
  readonly closing: boolean;
  /** The latest `ready`; always undefined on a plain channel. */
  readonly ready: ReadyFrame | undefined;
  /**
   * Sends at once. On a plain channel only `messages` travel, and the server appends them to what it has.
   * @throws Error where the channel is not open, or the id was used on it before; TypeError where the request is no JSON.
   */
  chat(request: ChatRequest, sink: ReplySink): Reply;
  /**
   * Asks the server to get ready for a `chat` that begins as this request does. Undefined, and nothing sent, where it is known not to offer
   * that: plain servers, and those whose `ready.features` lack `warm`. Before `ready` it is sent, and may end as `failed`.
   * @throws as `chat`
   */
  warm(request: ChatRequest): Warming | undefined;
  /**
   * Empties the connection's own thread, or the one of that name, which plain servers do not have. Rejects where the server will not, or the
   * channel ends first.
   */
  reset(thread?: string): Promise<void>;
  /** Ends every reply as `lost` and closes the socket. */
  close(): void;
}
