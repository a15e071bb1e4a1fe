/**
 * The LLM that LiveKit sees: one way to the server, shared by all streams and sessions that use it.
 * Knows how to say what happens; what travels and when is in `stream.ts` and `socket.ts`.
 */
import { randomBytes } from 'node:crypto';
import {
  DEFAULT_API_CONNECT_OPTIONS,
  llm,
  log,
  loggerOptions,
  type APIConnectOptions,
} from '@livekit/agents';
import type { ConnectionState } from '@ws-llm/client';
import type { ReadyFrame } from '@ws-llm/protocol';
import { errorOfConnection } from './errors.ts';
import { resolveOptions, type WebSocketLLMOptions } from './options.ts';
import type { ChatArguments } from './request.ts';
import { Socket } from './socket.ts';
import { WebSocketLLMStream, type StreamOwner } from './stream.ts';

/**
 * A persona server as LiveKit's LLM. Opens its socket with `prewarm()`, which a session calls, or with the first `chat()`. Nobody in
 * LiveKit closes an LLM: call `aclose()` when the job ends. An idle one does not keep Node running.
 */
export class WebSocketLLM extends llm.LLM {
  readonly #url: string;
  readonly #connectTimeoutMs: number;
  readonly #socket: Socket;
  readonly #owner: StreamOwner;
  /** Was the loss of the connection told? Once per outage is enough. */
  #lossTold = false;
  #dropTold = false;

  /** @throws TypeError where an option makes no sense */
  constructor(options: WebSocketLLMOptions) {
    super();
    const resolved = resolveOptions(options);
    this.#url = resolved.url;
    this.#connectTimeoutMs = resolved.connectTimeoutMs;
    this.#socket = new Socket({
      ...resolved,
      onState: (state) => this.#tellState(state),
      onUnexpected: (message) =>
        tell('warn', { url: this.#url, message }, 'the server sent what is no frame'),
    });
    // Ids outlive a connection in logs and in the history, so no two instances and no two connections share one.
    const prefix = randomBytes(4).toString('hex');
    let count = 0;
    this.#owner = {
      llm: this,
      socket: this.#socket,
      nextId: () => `${prefix}-${++count}`,
      dropped: (what) => this.#tellDropped(what),
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
    return new WebSocketLLMStream(this.#owner, { ...args, connOptions });
  }

  // Not waited for: LiveKit's `aclose()` would wait for it too, and a wait would keep Node running.
  protected override async _prewarmImpl(): Promise<void> {
    this.#socket.warm();
  }

  /** Closes the socket for good. Replies still on their way end with an error. */
  override async aclose(): Promise<void> {
    this.#socket.close();
    await super.aclose();
  }

  #tellState(state: ConnectionState): void {
    const url = this.#url;
    switch (state.type) {
      case 'open':
        if (this.#lossTold) tell('info', { url }, 'the persona server is back');
        this.#lossTold = false;
        return;
      case 'waiting':
      case 'refused': {
        if (this.#lossTold) return;
        this.#lossTold = true;
        const { message } = state.error;
        if (state.type === 'refused')
          tell('error', { url, message }, 'the persona server refused the connection');
        else tell('warn', { url, message }, 'no connection to the persona server; trying again');
        return;
      }
      case 'idle':
      case 'connecting':
      case 'closed':
        return;
    }
  }

  #tellDropped(what: string[]): void {
    if (this.#dropTold) return;
    this.#dropTold = true;
    tell(
      'warn',
      { url: this.#url, dropped: what },
      'this server cannot be asked all that LiveKit asks; the rest was left out',
    );
  }
}

/** LiveKit's logger throws before `initializeLogger()`, and an LLM may be made before that. */
function tell(level: 'info' | 'warn' | 'error', fields: Record<string, unknown>, message: string): void {
  if (loggerOptions() !== undefined) log()[level](fields, message);
}
