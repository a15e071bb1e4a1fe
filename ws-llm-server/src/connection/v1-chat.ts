/**
 * One `chat` of a v1 client, from its frame to its terminal frame, of which it sends exactly one.
 * Knows its own frames; who waits for whom and what is remembered is its connection's.
 */
import {
  type ChatFrame,
  type CompleteFrame,
  encodeFrame,
  type Message,
  type ServerFrame,
  type Timing,
} from '@ws-llm/protocol';
import type { BackendContext, BackendRequest } from '../backend.ts';
import { buildPrompt } from '../context/prompt.ts';
import type { Heard, Turn } from '../context/thread.ts';
import { type Deadlines, Generation, type GenerationEnd, type GenerationPart } from '../generation.ts';
import { usageOf } from './chat-usage.ts';
import type { ClientSocket } from './client-socket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { toWireError } from './wire-error.ts';

/** How a chat ended, for whoever remembers it: undefined where it never began, or failed before. */
export type ChatEnded = (end: GenerationEnd | undefined) => void;

export class V1Chat implements Turn {
  readonly frame: ChatFrame;
  readonly #context: ConnectionContext;
  readonly #socket: ClientSocket;
  readonly #onEnd: ChatEnded;
  readonly #arrivedAt = performance.now();
  #startedAt: number | undefined;
  #request: BackendRequest | undefined;
  #generation: Generation | undefined;
  #ended = false;

  constructor(frame: ChatFrame, context: ConnectionContext, socket: ClientSocket, onEnd: ChatEnded) {
    this.frame = frame;
    this.#context = context;
    this.#socket = socket;
    this.#onEnd = onEnd;
  }

  get messages(): readonly Message[] {
    return this.frame.messages;
  }

  get heard(): Heard | undefined {
    return this.frame.heard;
  }

  /** Asks the model, with the whole list that it should see. At most once. */
  start(messages: readonly Message[]): void {
    const { backend, persona, limits } = this.#context;
    this.#startedAt = performance.now();
    try {
      this.#request = buildPrompt(persona, messages, this.frame);
    } catch (error) {
      return this.fail(error);
    }
    this.#generation = new Generation({
      backend,
      request: this.#request,
      deadlines: this.#deadlines(),
      maxChars: limits.reply_chars,
      onPart: (part) => this.#send(this.#frameOf(part)),
      onEnd: (end) => this.#generationEnded(end),
    });
  }

  /** Ends it as `cancelled`, in whatever state it is. */
  cancel(): void {
    if (this.#generation !== undefined) return this.#generation.cancel();
    this.#end(this.#complete('cancelled', undefined), undefined);
  }

  /** Ends it by an error. */
  fail(error: unknown): void {
    this.#end({ type: 'error', id: this.frame.id, ...toWireError(error, this.#context) }, undefined);
  }

  #generationEnded(end: GenerationEnd): void {
    switch (end.type) {
      case 'finished':
        return this.#end(this.#complete(end.reason, end), end);
      case 'failed':
        return this.#end({ type: 'error', id: this.frame.id, ...toWireError(end.error, this.#context) }, end);
    }
  }

  #end(frame: ServerFrame, end: GenerationEnd | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#send(frame);
    this.#onEnd(end);
  }

  #complete(
    reason: Extract<ServerFrame, { type: 'complete' }>['finish_reason'],
    end: GenerationEnd | undefined,
  ): ServerFrame {
    const { backend } = this.#context;
    const model = end?.model ?? backend.model;
    return {
      type: 'complete',
      id: this.frame.id,
      finish_reason: reason,
      usage: usageOf(this.#request, end),
      timing: this.#timing(end),
      ...(model !== undefined && { model }),
      backend: end?.backend ?? backend.name,
      ...(end?.context !== undefined && { context: toWireContext(end.context) }),
    };
  }

  #timing(end: GenerationEnd | undefined): Timing {
    const now = performance.now();
    const queueMs = (this.#startedAt ?? now) - this.#arrivedAt;
    return {
      queue_ms: round(queueMs),
      ...(end?.firstTokenMs !== undefined && { first_token_ms: round(queueMs + end.firstTokenMs) }),
      total_ms: round(now - this.#arrivedAt),
    };
  }

  /** The client's own, clamped to the server's. */
  #deadlines(): Deadlines {
    const { limits } = this.#context;
    const own = this.frame.deadlines ?? {};
    return {
      firstTokenMs: Math.min(own.first_token_ms ?? Infinity, limits.first_token_ms),
      idleMs: Math.min(own.idle_ms ?? Infinity, limits.idle_ms),
      totalMs: Math.min(own.total_ms ?? Infinity, limits.total_ms),
    };
  }

  #frameOf(part: GenerationPart): ServerFrame {
    const { id } = this.frame;
    switch (part.type) {
      case 'text':
        return { type: 'delta', id, content: part.text };
      case 'reasoning':
        return { type: 'reasoning', id, content: part.text };
      case 'tool_call': {
        const { id: callId, name, arguments: args } = part.call;
        return {
          type: 'tool_call',
          id,
          call: { id: callId, type: 'function', function: { name, arguments: args } },
        };
      }
    }
  }

  #send(frame: ServerFrame): void {
    this.#socket.send(encodeFrame(frame));
  }
}

function toWireContext(context: BackendContext): NonNullable<CompleteFrame['context']> {
  return { limit: context.limitTokens, used: context.usedTokens, dropped: context.droppedMessages };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
