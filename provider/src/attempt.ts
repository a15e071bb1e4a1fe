/**
 * One request on one channel: turns what arrives into chunks, watches the clock, cancels on abort.
 * Owns one timer and one listener, both gone once it has settled. Knows nothing of connecting or of trying again.
 */
import { llm } from '@livekit/agents';
import type { Channel, ChatRequest, Reply, ReplyEnd, ReplyPart, ReplySink } from '@ws-llm/client';
import { errorOfReply, timedOut } from './errors.ts';
import { endExtra, startExtra } from './reply-extra.ts';
import { timerMs } from './within.ts';

/** The server is told the same deadlines and should speak first: its error says what was slow. */
const graceMs = 500;

export interface AttemptOptions {
  channel: Channel;
  request: ChatRequest;
  /** Aborted: cancelled at once, and `done` resolves. */
  signal: AbortSignal;
  /** How long the server may take until the first piece, and between two, in milliseconds. */
  deadlines: { firstMs: number; idleMs: number };
  put: (chunk: llm.ChatChunk) => void;
  /** Once, when the channel is not needed for this reply any more. */
  release: () => void;
}

export class Attempt implements ReplySink {
  /** Resolves when the reply is complete or aborted; rejects with one of LiveKit's errors, retryable only while nothing was put. */
  readonly done: Promise<void>;
  readonly #options: AttemptOptions;
  readonly #reply: Reply;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;
  #timer: NodeJS.Timeout;
  /** Something was put that a second attempt would say again. */
  #begun = false;

  /** Sends the request. @throws Error where the channel is not open */
  constructor(options: AttemptOptions) {
    this.#options = options;
    const { channel, request, signal, deadlines } = options;
    this.#reply = channel.chat(request, this);
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // It may fail before anybody waits for it.
    this.done.catch(() => {});
    this.#timer = this.#startTimer(deadlines.firstMs);
    signal.addEventListener('abort', this.#abort);
  }

  part(part: ReplyPart): void {
    if (this.#settle === undefined) return;
    this.#restartTimer();
    switch (part.type) {
      case 'text':
        return this.#give({ content: part.text });
      case 'tool_call': {
        const { id: callId, function: called, extra } = part.call;
        const call = {
          callId,
          name: called.name,
          args: called.arguments,
          ...(extra !== undefined && { extra }),
        };
        return this.#give({ toolCalls: [llm.FunctionCall.create(call)] });
      }
      case 'reasoning':
      case 'persona_frame':
        // Signs of life, but nothing to say aloud.
        return;
    }
  }

  end(end: ReplyEnd): void {
    if (this.#settle === undefined) return;
    if (end.type !== 'complete') return this.#finish(errorOfReply(end, this.#begun));
    const { id } = this.#reply;
    const delta: llm.ChoiceDelta = { role: 'assistant', extra: endExtra(id, end) };
    this.#options.put({ id, delta, ...(end.usage !== undefined && { usage: toUsage(end.usage) }) });
    this.#finish();
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
      timerMs(delayMs + graceMs),
    );
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer(this.#options.deadlines.idleMs);
  }

  #finish(error?: Error): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#options.release();
    if (error === undefined) settle.resolve();
    else settle.reject(error);
  }
}

function toUsage(usage: NonNullable<Extract<ReplyEnd, { type: 'complete' }>['usage']>): llm.CompletionUsage {
  return {
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
    promptCachedTokens: usage.cached_tokens ?? 0,
  };
}
