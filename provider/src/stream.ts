/**
 * One call of `chat()`: sends at once where a channel is open, tries again as LiveKit asks, ends quietly when it is closed.
 * Each attempt is a new request on whatever channel there is; the attempt itself is `attempt.ts`.
 */
import { llm, type APIConnectOptions } from '@livekit/agents';
import type { Channel } from '@ws-llm/client';
import type { Deadlines } from '@ws-llm/protocol';
import { Attempt, type Lost, type ReplyObserver } from './attempt.ts';
import { errorOfConnection } from './errors.ts';
import { prepareRequest } from './prepare-request.ts';
import { toRequestBody, type ChatArguments, type RequestBody, type RequestDefaults } from './request.ts';
import type { Socket } from './socket.ts';

/** What a stream needs of the `WebSocketLLM` that it belongs to. */
export interface StreamOwner {
  readonly llm: llm.LLM;
  readonly socket: Socket;
  readonly defaults: RequestDefaults;
  readonly deadlines: ReplyDeadlines;
  readonly observer: ReplyObserver;
  /** A new id for a request, unique as long as anybody could mix it up. */
  nextId(): string;
  /** Told what a request could not take along. */
  dropped(what: string[]): void;
}

/** How long a reply may take, in milliseconds. What is absent is bounded by the call's own time-out, or by the server alone. */
export interface ReplyDeadlines {
  /** Until the first piece. */
  firstTokenMs?: number;
  /** Between two pieces. */
  idleMs?: number;
  /** In all. The server keeps it. */
  totalMs?: number;
}

/** Made by `WebSocketLLM.chat()`. */
export class WebSocketLLMStream extends llm.LLMStream {
  readonly #owner: StreamOwner;
  /** What is asked is settled when it is asked: items of a chat context are shared, and change in place. */
  #body: RequestBody | Promise<RequestBody>;
  /** The first attempt, where it could be sent before `run()` is called. */
  #early: Promise<Lost | undefined> | undefined;
  /** When the first piece of the attempt that is under way is due, by `performance.now()`. */
  #firstDueAt: number;

  constructor(owner: StreamOwner, args: ChatArguments & { connOptions: APIConnectOptions }) {
    const { chatCtx, toolCtx, connOptions } = args;
    super(owner.llm, { chatCtx, connOptions, ...(toolCtx !== undefined && { toolCtx }) });
    this.#owner = owner;
    this.#firstDueAt = performance.now() + this.#firstMs;
    try {
      this.#body = toRequestBody(args, owner.defaults);
      if (this.#body instanceof Promise) this.#body.catch(() => {});
      else this.#early = this.#sendEarly(this.#body);
    } catch (error) {
      // Only `run()` can tell LiveKit.
      this.#body = Promise.reject(errorOfConnection(error));
      this.#body.catch(() => {});
    }
  }

  protected async run(): Promise<void> {
    const early = this.#early;
    this.#early = undefined;
    if (early === undefined) this.#firstDueAt = performance.now() + this.#firstMs;
    const lost = await (early ?? this.#openAndSend());
    // A socket may have died long before anybody noticed, and nobody has heard anything: that is no failure of this turn yet.
    const lostAgain = lost && (await this.#openAndSend());
    if (lostAgain !== undefined) throw lostAgain.error;
  }

  async #openAndSend(): Promise<Lost | undefined> {
    const { signal } = this.abortController;
    if (signal.aborted) return undefined;
    const { socket } = this.#owner;
    let channel: Channel | undefined;
    let body: RequestBody;
    try {
      body = await this.#body;
      channel = await socket.open({ timeoutMs: this.#firstLeftMs, signal });
    } catch (error) {
      throw errorOfConnection(error);
    }
    return channel && this.#send(channel, body, this.#firstLeftMs);
  }

  #sendEarly(body: RequestBody): Promise<Lost | undefined> | undefined {
    const channel = this.#owner.socket.take();
    if (channel === undefined) return undefined;
    const sent = this.#send(channel, body, this.#firstMs);
    sent.catch(() => {});
    return sent;
  }

  async #send(channel: Channel, body: RequestBody, firstMs: number): Promise<Lost | undefined> {
    const { socket, observer } = this.#owner;
    const { signal } = this.abortController;
    const release = (): void => socket.release(channel);
    if (signal.aborted) {
      release();
      return undefined;
    }
    const idleMs = this.#idleMs;
    const deadlines = this.#wireDeadlines(firstMs, idleMs);
    const asked = deadlines === undefined ? body : { ...body, deadlines };
    let attempt: Attempt;
    try {
      attempt = new Attempt({
        channel,
        prepare: () => {
          const prepared = prepareRequest(asked, channel, this.#owner.nextId());
          if (prepared.dropped.length > 0) this.#owner.dropped(prepared.dropped);
          return prepared;
        },
        signal,
        deadlines: { firstMs, idleMs },
        put: (chunk) => this.queue.put(chunk),
        observer,
        release,
      });
    } catch (error) {
      release();
      throw errorOfConnection(error);
    }
    return attempt.done;
  }

  #wireDeadlines(firstMs: number, idleMs: number): Deadlines | undefined {
    const { totalMs } = this.#owner.deadlines;
    const deadlines: Deadlines = {
      ...(Number.isFinite(firstMs) && { first_token_ms: Math.round(firstMs) }),
      ...(Number.isFinite(idleMs) && { idle_ms: Math.round(idleMs) }),
      ...(totalMs !== undefined && { total_ms: totalMs }),
    };
    return Object.keys(deadlines).length === 0 ? undefined : deadlines;
  }

  get #firstMs(): number {
    return Math.min(this.#timeoutMs, this.#owner.deadlines.firstTokenMs ?? Infinity);
  }

  /** One budget until the first piece, so that a slow handshake or a second socket does not buy the model more time. */
  get #firstLeftMs(): number {
    return Math.max(1, this.#firstDueAt - performance.now());
  }

  get #idleMs(): number {
    return Math.min(this.#timeoutMs, this.#owner.deadlines.idleMs ?? Infinity);
  }

  /** A time-out of 0 is none. */
  get #timeoutMs(): number {
    const { timeoutMs } = this.connOptions;
    return timeoutMs > 0 ? timeoutMs : Infinity;
  }
}
