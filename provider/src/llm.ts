/**
 * The LLM that LiveKit sees: one way to the server, shared by all streams and sessions that use it.
 * Knows what is public; what travels and when is in `stream.ts` and `socket.ts`.
 */
import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { DEFAULT_API_CONNECT_OPTIONS, llm, type APIConnectOptions } from '@livekit/agents';
import type { ReadyFrame } from '@ws-llm/protocol';
import { errorOfConnection } from './errors.ts';
import type { WebSocketLLMCallbacks } from './events.ts';
import { HeldFrames } from './held-frames.ts';
import { resolveOptions, type WebSocketLLMOptions } from './options.ts';
import { OutageLog } from './outage-log.ts';
import { replyExtraOf } from './reply-extra.ts';
import type { ChatArguments } from './request.ts';
import { Socket, type SocketOptions } from './socket.ts';
import { WebSocketLLMStream, type StreamOwner } from './stream.ts';

/** Whoever drops an LLM without closing it should not leave its socket open at the server. */
const abandoned = new FinalizationRegistry<Socket>((socket) => socket.close());

/**
 * A persona server as LiveKit's LLM. Opens its socket with `prewarm()`, which a session calls, or with the first `chat()`. Nobody in
 * LiveKit closes an LLM: call `aclose()` when the job ends. An idle one does not keep Node running, and one that is garbage closes itself.
 */
export class WebSocketLLM extends llm.LLM {
  readonly #connectTimeoutMs: number;
  readonly #socket: Socket;
  readonly #owner: StreamOwner;
  readonly #log: OutageLog;
  readonly #frames = new HeldFrames();

  /** @throws TypeError where an option makes no sense */
  constructor(options: WebSocketLLMOptions) {
    super();
    const { defaults, deadlines, ...way } = resolveOptions(options);
    const outages = new OutageLog(way.url);
    this.#log = outages;
    this.#connectTimeoutMs = way.connectTimeoutMs;
    this.#socket = createSocket(way, outages);
    abandoned.register(this, this.#socket, this);
    // Ids outlive a connection in logs and in the history, so no two instances and no two connections share one.
    const prefix = randomBytes(4).toString('hex');
    let count = 0;
    this.#owner = {
      llm: this,
      socket: this.#socket,
      defaults,
      deadlines,
      observer: {
        reasoning: (reply, text) => this.#tell('reasoning', { reply, text }),
        personaFrame: (reply, frame) => this.#frames.hold(reply, frame),
        ended: (event) => this.#tell('reply_ended', event),
      },
      nextId: () => `${prefix}-${++count}`,
      dropped: (what) => outages.dropped(what),
    };
    // LiveKit emits 'error' inside its retry loop; without a listener that throws, and nothing is tried again.
    this.on('error', () => {});
  }

  override label(): string {
    return 'ws-llm.LLM';
  }

  override get provider(): string {
    return 'ws-llm';
  }

  /** The model behind the server, as it last told; `unknown` before that, and on plain servers. */
  override get model(): string {
    return this.#socket.ready?.model ?? 'unknown';
  }

  override on<E extends keyof WebSocketLLMCallbacks>(event: E, listener: WebSocketLLMCallbacks[E]): this {
    return super.on(event as keyof llm.LLMCallbacks, listener as llm.LLMCallbacks[keyof llm.LLMCallbacks]);
  }

  override once<E extends keyof WebSocketLLMCallbacks>(event: E, listener: WebSocketLLMCallbacks[E]): this {
    return super.once(event as keyof llm.LLMCallbacks, listener as llm.LLMCallbacks[keyof llm.LLMCallbacks]);
  }

  override off<E extends keyof WebSocketLLMCallbacks>(event: E, listener: WebSocketLLMCallbacks[E]): this {
    return super.off(event as keyof llm.LLMCallbacks, listener as llm.LLMCallbacks[keyof llm.LLMCallbacks]);
  }

  /**
   * Connects where that has not happened, and tells who answers: persona, model, limits. Undefined on plain servers, which do not say.
   * @throws APIError where the server cannot be reached or refuses
   */
  async ready(): Promise<ReadyFrame | undefined> {
    try {
      return await this.#socket.openAhead({ timeoutMs: this.#connectTimeoutMs });
    } catch (error) {
      throw errorOfConnection(error);
    }
  }

  /**
   * Asks for a reply. The request leaves before this returns where the socket is open. `extraKwargs` may hold OpenAI's `temperature`, `top_p`,
   * `max_tokens`, `seed`, `stop` and `reasoning_effort`; others are ignored. `connOptions.timeoutMs` (default 10,000) bounds the wait for
   * the first piece, connecting included, and for each further one.
   */
  override chat({
    connOptions = DEFAULT_API_CONNECT_OPTIONS,
    ...args
  }: ChatArguments & { connOptions?: APIConnectOptions }): WebSocketLLMStream {
    if (!this.#frames.isEmpty) for (const item of args.chatCtx.items) this.adopt(item);
    return new WebSocketLLMStream(this.#owner, { ...args, connOptions });
  }

  /**
   * Says that the reply which `item` came from counts: what its persona tools sent is told as `persona_frame`. LiveKit asks for replies that
   * it never uses, and marks none; a reply counts once it stands in a history. So every history that `chat()` is given adopts by itself; to
   * learn of it at once, and of the last reply too, hand over what a session adds:
   * `session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => model.adopt(item))`.
   */
  adopt(item: llm.ChatItem): void {
    if (item.type !== 'message' && item.type !== 'function_call') return;
    const reply = replyExtraOf(item)?.reply;
    if (reply === undefined) return;
    for (const { type, data } of this.#frames.take(reply)) {
      this.#tell('persona_frame', { type, reply, data } as Parameters<
        WebSocketLLMCallbacks['persona_frame']
      >[0]);
    }
  }

  // Not waited for: LiveKit's `aclose()` would wait for it too, and a wait would keep Node running.
  protected override async _prewarmImpl(): Promise<void> {
    this.#socket.warm();
  }

  /** Closes the socket for good. Replies still on their way end with an error. */
  override async aclose(): Promise<void> {
    abandoned.unregister(this);
    this.#socket.close();
    await super.aclose();
  }

  /** Called from the socket's own events, where an error that somebody else made must not arrive. */
  #tell<E extends Exclude<keyof WebSocketLLMCallbacks, keyof llm.LLMCallbacks>>(
    event: E,
    ...args: Parameters<WebSocketLLMCallbacks[E]>
  ): void {
    try {
      (this as unknown as EventEmitter).emit(event, ...args);
    } catch (error) {
      this.#log.listenerFailed(error);
    }
  }
}

/**
 * A function of its own: closures of one function share all that any of them needs, and the platform, which holds an open socket, must
 * not hold the LLM by what the socket tells.
 */
function createSocket(way: Omit<SocketOptions, 'onState' | 'onUnexpected'>, outages: OutageLog): Socket {
  return new Socket({
    ...way,
    onState: (state) => outages.state(state),
    onUnexpected: (message) => outages.unexpected(message),
  });
}
