/**
 * One open socket, whichever dialect it speaks. It dies with the socket and never comes back; `Connection` opens the next one.
 */
import type { ClosingFrame, ReadyFrame, AnnotationFrame } from '@ws-llm/protocol';
import type { ChatRequest, Reply, ReplySink } from './reply.ts';

export type Dialect = 'v1' | 'plain';

/** How a socket ended. */
export interface Closed {
  code: number;
  reason: string;
}

/** What a channel tells its owner beyond replies. All optional. */
export interface ChannelEvents {
  /** v1 only; may come again, the latest holds. */
  ready?(frame: ReadyFrame): void;
  /** The server is about to stop: open another connection for what comes next. */
  closing?(frame: ClosingFrame): void;
  annotation?(frame: AnnotationFrame): void;
  /** Something arrived that is not part of the protocol; it was ignored. */
  unexpected?(message: string): void;
  /** Once, last, after every open reply has ended. */
  closed?(closed: Closed): void;
}

export interface Channel {
  readonly dialect: Dialect;
  /** False once the socket has closed, or this side has closed it. */
  readonly open: boolean;
  /** The latest `ready`; always undefined on a plain channel. */
  readonly ready: ReadyFrame | undefined;
  /**
   * Sends at once. On a plain channel only `messages` travel, and the server appends them to what it has.
   * @throws Error where the channel is not open, or a reply with this id is; TypeError where the request is no JSON.
   */
  chat(request: ChatRequest, sink: ReplySink): Reply;
  /** Empties the connection's own thread. Rejects where the channel ends first. */
  reset(): Promise<void>;
  /** Ends every reply as `lost` and closes the socket. */
  close(): void;
}
