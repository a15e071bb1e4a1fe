/**
 * One `chat` of a v1 client, from its frame to its terminal frame, of which it sends exactly one.
 * Knows its own frames; who waits for whom and what is remembered is its connection's.
 */
import type { ChatFrame, CompleteFrame, Message } from '@ws-llm/protocol';
import type { BackendContext, BackendRequest } from '../backend.ts';
import { buildPrompt } from '../context/prompt.ts';
import type { Heard, ThreadRequest } from '../context/thread.ts';
import { toWireCall } from '../context/tool-call.ts';
import type { Persona } from '../personas/persona.ts';
import type { Generation, GenerationEnd, GenerationPart } from '../reply/generation.ts';
import { personaReply } from '../reply/persona-reply.ts';
import { usageOf } from './chat-usage.ts';
import { guarded } from './client-socket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { deadlinesOf } from './deadlines.ts';
import type { Outbox } from './outbox.ts';
import { exchangeTooLarge } from './refusal.ts';
import { RequestTiming } from './request-timing.ts';
import { toWireError } from './wire-error.ts';

export interface V1ChatOptions {
  frame: ChatFrame;
  persona: Persona;
  context: ConnectionContext;
  outbox: Outbox;
  /** What was heard of an earlier reply on its thread. */
  heard: Heard | undefined;
  /** Once, after its terminal frame: undefined where it never began, or failed before. */
  onEnd: (end: GenerationEnd | undefined) => void;
}

export class V1Chat implements ThreadRequest {
  readonly #options: V1ChatOptions;
  readonly #timing = new RequestTiming();
  #request: BackendRequest | undefined;
  #generation: Generation | undefined;
  #ended = false;

  constructor(options: V1ChatOptions) {
    this.#options = options;
  }

  /** What the model was asked; undefined while it was not. */
  get request(): BackendRequest | undefined {
    return this.#request;
  }

  get messages(): readonly Message[] {
    return this.#options.frame.messages;
  }

  get heard(): Heard | undefined {
    return this.#options.heard;
  }

  /** Asks the model, with the whole list that it should see. At most once. */
  start(messages: readonly Message[]): void {
    const { frame, persona, context } = this.#options;
    const { backend, limits, logger } = context;
    this.#timing.begin();
    try {
      this.#request = buildPrompt(persona, messages, frame);
      this.#generation = personaReply({
        backend,
        request: this.#request,
        persona,
        output: frame.output,
        deadlines: deadlinesOf(limits, frame.deadlines),
        maxChars: limits.reply_chars,
        logger,
        onPart: guarded(context, (part) => this.#send(part)),
        onEnd: guarded(context, (end) => this.#generationEnded(end)),
      });
    } catch (error) {
      return this.#fail(error, undefined);
    }
    this.#generation.start();
  }

  /** Its exchange would be larger than its thread takes. */
  refuse(): void {
    const { id } = this.#options.frame;
    this.#end(undefined, { type: 'error', id, ...exchangeTooLarge, retryable: false });
  }

  /** Ends it as `cancelled`, in whatever state it is. */
  cancel(): void {
    this.#generation?.cancel();
    // It never began, or its end failed by a fault of this server.
    if (!this.#ended) this.#complete('cancelled', undefined);
  }

  #generationEnded(end: GenerationEnd): void {
    try {
      this.#tellEnd(end);
    } catch (error) {
      // A failure of this server. If its end was on its way, the client cannot be told by a frame.
      if (this.#ended) this.#options.context.fail(error);
      else this.#fail(error, undefined);
    }
  }

  #tellEnd(end: GenerationEnd): void {
    if (end.type === 'failed') return this.#fail(end.error, end);
    if (end.reason !== 'cancelled') return this.#complete(end.reason, end);
    // What waits for a slow reader is not sent any more, so it was not said.
    const unsent = this.#options.outbox.discard(this.#options.frame.id);
    this.#complete('cancelled', { ...end, text: end.text.slice(0, end.text.length - unsent) });
  }

  #complete(reason: CompleteFrame['finish_reason'], end: GenerationEnd | undefined): void {
    const { frame, context } = this.#options;
    const { backend } = context;
    // One of several backends answers with a model of its own, or with none that is known.
    const usual = end?.backend === undefined ? (this.#request?.model ?? backend.model) : undefined;
    const model = end?.model ?? usual;
    this.#end(end, {
      type: 'complete',
      id: frame.id,
      finish_reason: reason,
      usage: usageOf(this.#request, end),
      timing: this.#timing.end(end?.firstTokenMs),
      ...(model !== undefined && { model }),
      backend: end?.backend ?? backend.name,
      ...(end?.context !== undefined && { context: toWireContext(end.context) }),
    });
  }

  #fail(error: unknown, end: GenerationEnd | undefined): void {
    const { frame, context } = this.#options;
    this.#end(end, {
      type: 'error',
      id: frame.id,
      ...toWireError(error, context, { request: this.#request, end }),
    });
  }

  #end(end: GenerationEnd | undefined, frame: Parameters<Outbox['send']>[0]): void {
    if (this.#ended) return;
    this.#ended = true;
    const { outbox, onEnd } = this.#options;
    try {
      outbox.send(frame);
    } finally {
      // Its thread waits for that.
      onEnd(end);
    }
  }

  #send(part: GenerationPart): void {
    const { frame, outbox } = this.#options;
    const { id } = frame;
    switch (part.type) {
      case 'text':
        return outbox.send({ type: 'delta', id, content: part.text });
      case 'reasoning':
        return outbox.send({ type: 'reasoning', id, content: part.text });
      case 'tool_call':
        return outbox.send({ type: 'tool_call', id, call: toWireCall(part.call) });
      case 'persona_frame':
        return outbox.sendPersonaFrame(part.frame, part.args, id);
    }
  }
}

function toWireContext(context: BackendContext): CompleteFrame['context'] {
  return { limit: context.limitTokens, used: context.usedTokens, dropped: context.droppedMessages };
}
