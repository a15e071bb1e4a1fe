/**
 * A reply as its reader sees it, the same for both dialects: pieces in order, then exactly one end.
 */
import type { ChatFrame, ErrorCode, FinishReason, Timing, ToolCall, Usage } from '@ws-llm/protocol';

/** What a `chat` or a `warm` asks for. Without an `id` one is chosen that this connection has not used on any of its sockets. */
export type ChatRequest = Omit<ChatFrame, 'type' | 'id'> & { id?: string };

/** One piece of a reply. */
export type ReplyPart =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'tool_call'; call: ToolCall }
  /** A frame of a persona tool, its own `type` in `frame.type`. */
  | { type: 'persona_frame'; frame: Record<string, unknown> };

/** How a reply ended. */
export type ReplyEnd =
  | {
      type: 'complete';
      finishReason: FinishReason;
      /** What follows is absent on plain connections. */
      usage?: Usage;
      timing?: Timing;
      model?: string;
      backend?: string;
    }
  | {
      type: 'failed';
      /** Absent on plain connections. */
      code?: ErrorCode;
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
    }
  /** The connection ended first. */
  | { type: 'lost'; closeCode: number; message: string; retryable: boolean };

/** Who reads a reply. Called from the socket's own events: return quickly, do not throw. */
export interface ReplySink {
  part(part: ReplyPart): void;
  /** Exactly once, and nothing after it. */
  end(end: ReplyEnd): void;
}

/** A reply on its way. */
export interface Reply {
  readonly id: string;
  /** Asks the server to stop. v1: `end` follows from the server. Plain: the socket closes and `end` comes at once. No-op once ended. */
  cancel(): void;
}
