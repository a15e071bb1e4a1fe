/**
 * One call of `chat()`: sends at once where a channel is open, tries again as LiveKit asks, ends quietly when it is closed.
 * Each attempt is a new request on whatever channel there is; the attempt itself is `attempt.ts`.
 */
import { llm, type APIConnectOptions } from '@livekit/agents';
import type { Channel, ChatRequest } from '@ws-llm/client';
import { Attempt } from './attempt.ts';
import { errorOfConnection, tooLarge } from './errors.ts';
import { findExcess, fitRequest } from './fit-request.ts';
import { toRequestBody, type ChatArguments, type RequestBody } from './request.ts';
import type { Socket } from './socket.ts';

/** What a stream needs of the `WebSocketLLM` that it belongs to. */
export interface StreamOwner {
  readonly llm: llm.LLM;
  readonly socket: Socket;
  /** A new id for a request, unique as long as anybody could mix it up. */
  nextId(): string;
  /** Told what a request could not take along. */
  dropped(what: string[]): void;
}

/** Made by `WebSocketLLM.chat()`. */
export class WebSocketLLMStream extends llm.LLMStream {
  readonly #owner: StreamOwner;
  /** What is asked is settled when it is asked: items of a chat context are shared, and change in place. */
  #body: RequestBody | Promise<RequestBody>;
  /** The first attempt, where it could be sent before `run()` is called. */
  #early: Promise<void> | undefined;

  constructor(owner: StreamOwner, args: ChatArguments & { connOptions: APIConnectOptions }) {
    const { chatCtx, toolCtx, connOptions } = args;
    super(owner.llm, { chatCtx, connOptions, ...(toolCtx !== undefined && { toolCtx }) });
    this.#owner = owner;
    try {
      this.#body = toRequestBody(args);
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
    if (early !== undefined) return early;
    const { signal } = this.abortController;
    if (signal.aborted) return;
    const startedAt = performance.now();
    const timeoutMs = this.#timeoutMs;
    let channel: Channel | undefined;
    let body: RequestBody;
    try {
      body = await this.#body;
      channel = await this.#owner.socket.open({ timeoutMs, signal });
    } catch (error) {
      throw errorOfConnection(error);
    }
    if (channel === undefined) return;
    // One budget until the first piece, so that a slow handshake does not buy the model more time.
    return this.#send(channel, body, Math.max(1, timeoutMs - (performance.now() - startedAt)));
  }

  /** A timeout of 0 is none. */
  get #timeoutMs(): number {
    const { timeoutMs } = this.connOptions;
    return timeoutMs > 0 ? timeoutMs : Number.POSITIVE_INFINITY;
  }

  #sendEarly(body: RequestBody): Promise<void> | undefined {
    const channel = this.#owner.socket.take();
    if (channel === undefined) return undefined;
    const sent = this.#send(channel, body, this.#timeoutMs);
    sent.catch(() => {});
    return sent;
  }

  async #send(channel: Channel, body: RequestBody, firstMs: number): Promise<void> {
    const release = (): void => this.#owner.socket.release(channel);
    const { signal } = this.abortController;
    const idleMs = this.#timeoutMs;
    const deadlines = { first_token_ms: firstMs, idle_ms: idleMs };
    const asked = Number.isFinite(idleMs) ? { ...body, deadlines } : body;
    const { body: fitted, dropped } = fitRequest(asked, channel);
    if (dropped.length > 0) this.#owner.dropped(dropped);
    const request: ChatRequest = { id: this.#owner.nextId(), ...fitted };
    const excess = channel.ready && findExcess(request, channel.ready.limits);
    if (excess !== undefined || signal.aborted) {
      release();
      if (excess !== undefined) throw tooLarge(excess);
      return;
    }
    const attempt = new Attempt({
      channel,
      request,
      signal,
      deadlines: { firstMs, idleMs },
      put: (chunk) => this.queue.put(chunk),
      release,
    });
    return attempt.done;
  }
}
