/**
 * One request on one channel: turns what arrives into chunks, watches the clock, cancels on abort.
 * Owns one timer and one listener, both gone once it has settled. Knows nothing of connecting or of trying again.
 */
import { llm, type APIError } from '@livekit/agents';
import type { Channel, Reply, ReplyEnd, ReplyPart, ReplySink } from '@ws-llm/client';
import type { HeldFrame } from './held-frames.ts';
import { cancelledByServer, errorOfReply, timedOut } from './errors.ts';
import type { PreparedRequest } from './prepare-request.ts';
import { callExtra, endExtra, startExtra, toReplyExtra, toUsage } from './reply-extra.ts';
import type { ReplyEndedEvent } from './events.ts';
import { timerMs } from './within.ts';

/** The server is told the same deadlines and should speak first: its error says what was slow. */
function graceMs(delayMs: number): number {
  return Math.min(500, delayMs / 4);
}

/** Told of what is no chunk. */
export interface ReplyObserver {
  reasoning(reply: string, text: string): void;
  personaFrame(reply: string, frame: HeldFrame): void;
  ended(event: ReplyEndedEvent): void;
}

export interface AttemptOptions {
  channel: Channel;
  /**
   * The request, each time under a new id.
   * @throws APIError where it cannot be sent
   */
  prepare: () => PreparedRequest;
  /** Aborted: cancelled at once, and `done` resolves. */
  signal: AbortSignal;
  /** How long the server may take until the first piece, and between two, in milliseconds. */
  deadlines: { firstMs: number; idleMs: number };
  put: (chunk: llm.ChatChunk) => void;
  observer: ReplyObserver;
  /** Once, when the channel is not needed for this reply any more. */
  release: () => void;
}

/** The connection was lost before anything was put, so that another one may be asked. */
export interface Lost {
  error: APIError;
}

export class Attempt implements ReplySink {
  /**
   * Resolves when the reply is complete or aborted, with `Lost` where nothing was put and the connection ended; rejects with one of LiveKit's
   * errors, retryable only while nothing was put.
   */
  readonly done: Promise<Lost | undefined>;
  readonly #options: AttemptOptions;
  #prepared: PreparedRequest;
  #reply: Reply;
  #settle: { resolve(lost?: Lost): void; reject(error: Error): void } | undefined;
  #timer: NodeJS.Timeout;
  /** Something was put that a second attempt would say again. */
  #begun = false;
  #healed = false;

  /** Sends the request. @throws Error where the channel is not open, and what `prepare` throws */
  constructor(options: AttemptOptions) {
    this.#options = options;
    const { signal, deadlines } = options;
    [this.#prepared, this.#reply] = this.#send();
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // It may fail before anybody waits for it.
    this.done.catch(() => {});
    this.#timer = this.#startTimer(deadlines.firstMs);
    signal.addEventListener('abort', this.#abort);
  }

  part(part: ReplyPart): void {
    const { observer } = this.#options;
    const { id } = this.#reply;
    const isOpen = this.#settle !== undefined;
    if (isOpen) this.#restartTimer();
    switch (part.type) {
      case 'text':
        if (isOpen) this.#give({ content: part.text });
        return;
      case 'tool_call': {
        const { id: callId, function: called, extra } = part.call;
        const call = { callId, name: called.name, args: called.arguments, extra: callExtra(id, extra) };
        if (isOpen) this.#give({ toolCalls: [llm.FunctionCall.create(call)] });
        return;
      }
      case 'reasoning':
        return observer.reasoning(id, part.text);
      case 'persona_frame': {
        const { type, id: _id, ...data } = part.frame;
        return observer.personaFrame(id, { type: String(type), data });
      }
    }
  }

  end(end: ReplyEnd): void {
    const { id } = this.#reply;
    if (end.type === 'complete') this.#options.observer.ended(toEndedEvent(id, end));
    if (end.type === 'failed' && isOfMirror(end)) this.#prepared.forget();
    if (this.#settle === undefined) return;
    if (end.type === 'failed' && end.code === 'unknown_mirror' && this.#heal()) return;
    if (end.type !== 'complete') return this.#fail(errorOfReply(end, this.#begun), end.type === 'lost');
    // Nobody here did that: a server that stops, and has waited long enough.
    if (end.finishReason === 'cancelled') return this.#fail(cancelledByServer(this.#begun), true);
    const delta: llm.ChoiceDelta = { role: 'assistant', extra: endExtra(id, end) };
    this.#options.put({ id, delta, ...(end.usage !== undefined && { usage: toUsage(end.usage) }) });
    this.#finish();
  }

  #send(): [PreparedRequest, Reply] {
    const { channel, prepare } = this.#options;
    const prepared = prepare();
    const reply = channel.chat(prepared.request, this);
    prepared.sent();
    return [prepared, reply];
  }

  /** The server lost its side of the mirror: everything is sent again, once, on the same clock. */
  #heal(): boolean {
    if (this.#healed || !this.#options.channel.open) return false;
    this.#healed = true;
    try {
      [this.#prepared, this.#reply] = this.#send();
      return true;
    } catch {
      // The server's own error is the better one to tell.
      return false;
    }
  }

  #give(content: Pick<llm.ChoiceDelta, 'content' | 'toolCalls'>): void {
    const { id } = this.#reply;
    const delta: llm.ChoiceDelta = { role: 'assistant', ...content };
    if (!this.#begun) delta.extra = startExtra(id);
    const chunk: llm.ChatChunk = { id, delta };
    if (llm.hasResponse(chunk)) this.#begun = true;
    this.#options.put(chunk);
  }

  readonly #abort = (): void => {
    this.#finish();
    this.#reply.cancel();
  };

  #startTimer(delayMs: number): NodeJS.Timeout {
    return setTimeout(
      () => {
        const waited = this.#begun ? 'said nothing more' : 'said nothing';
        // Before the cancel: on plain that closes the socket, which would end the reply in its own way.
        this.#finish(timedOut(`the server ${waited} within ${Math.round(delayMs)} ms`, this.#begun));
        this.#reply.cancel();
      },
      timerMs(delayMs + graceMs(delayMs)),
    );
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer(this.#options.deadlines.idleMs);
  }

  /** @param isLost another connection may do better */
  #fail(error: APIError, isLost: boolean): void {
    if (isLost && error.retryable) this.#finish(undefined, { error });
    else this.#finish(error);
  }

  #finish(error?: Error, lost?: Lost): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#options.release();
    if (error === undefined) settle.resolve(lost);
    else settle.reject(error);
  }
}

/** After these the server may have dropped what the request said about its mirror: PROTOCOL.md, section 7. */
function isOfMirror({ code }: Extract<ReplyEnd, { type: 'failed' }>): boolean {
  return code === 'unknown_mirror' || code === 'too_large' || code === 'bad_request';
}

function toEndedEvent(reply: string, end: Extract<ReplyEnd, { type: 'complete' }>): ReplyEndedEvent {
  return { ...toReplyExtra(reply, end), ...(end.usage !== undefined && { usage: toUsage(end.usage) }) };
}
