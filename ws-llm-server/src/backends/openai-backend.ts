/**
 * OpenAI Chat Completions, at OpenAI or at anything that speaks it: LM Studio, vLLM, llama.cpp, Groq, Lemonade.
 * Owns the request and the reading of its stream; retries and deadlines are the generation's.
 */
import OpenAI, { APIConnectionError, APIError } from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendRequest,
  type BackendWarmth,
  type ModelInfo,
} from '../backend.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { contextRefusal } from './context-refusal.ts';
import { withErrorEnvelope } from './error-envelope.ts';
import { isLocalAddress } from './local-address.ts';
import { modelFetch } from './model-fetch.ts';
import { servedContext, toModelInfo } from './openai-models.ts';
import { toChatCompletion } from './openai-request.ts';
import { OpenAIReplyReader } from './openai-reply-reader.ts';
import { type Conceded, RefusedOptions } from './refused-options.ts';
import { UnknownModelError } from './unknown-model.ts';

export interface OpenAIBackendOptions {
  /** Empty for servers that want none. */
  apiKey: string;
  /** With its `/v1`, where the server has one. */
  baseUrl: string;
  /** Undefined: the first that the server lists. */
  model: string | undefined;
}

export class OpenAIBackend implements Backend {
  readonly name = 'openai';
  readonly #client: OpenAI;
  readonly #who: string;
  readonly #isLocal: boolean;
  readonly #options = new RefusedOptions();
  readonly #contexts = new Map<string, number>();
  #model: string | undefined;

  constructor(options: OpenAIBackendOptions) {
    this.#who = `The model server at ${options.baseUrl}`;
    this.#isLocal = isLocalAddress(options.baseUrl);
    this.#model = options.model;
    this.#client = new OpenAI({
      // The SDK insists on a key; servers that want none ignore it.
      apiKey: options.apiKey === '' ? 'none' : options.apiKey,
      baseURL: options.baseUrl,
      fetch: async (input, init) => withErrorEnvelope(await modelFetch(input, init)),
      maxRetries: 0,
      // What the SDK would read from the environment by itself is the configuration's to say.
      organization: null,
      project: null,
      logLevel: 'off',
    });
  }

  get model(): string | undefined {
    return this.#model;
  }

  /** Where the server has told. */
  contextTokens(model: string | undefined): number | undefined {
    return this.#contexts.get(model ?? this.#model ?? '');
  }

  async models({ signal }: { signal: AbortSignal }): Promise<ModelInfo[]> {
    const page = await this.#client.models.list({ signal }).catch((error: unknown) => {
      throw this.#explain(error);
    });
    for (const model of page.data) {
      const served = servedContext(model);
      if (served !== undefined) this.#contexts.set(model.id, served);
    }
    return page.data.map(toModelInfo);
  }

  /**
   * The model that answers; asks the server where none was chosen.
   * @throws BackendError
   */
  async chooseModel(signal: AbortSignal): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const [first] = await this.models({ signal });
    if (first === undefined) {
      throw new BackendError('backend_failed', `${this.#who} lists no model. Load one, or set LLM_MODEL.`, {
        retryable: false,
      });
    }
    this.#model = first.name;
    return first.name;
  }

  /**
   * Has a server of one's own read the prompt, by a reply of one token. Elsewhere that costs money, and OpenAI itself caches long
   * prompts without being asked: there only the socket is opened.
   */
  async warm(request: BackendRequest, { signal }: { signal: AbortSignal }): Promise<BackendWarmth> {
    if (!this.#isLocal) {
      await this.#openSocket(request.model ?? (await this.chooseModel(signal)), signal);
      return {};
    }
    const asked = { ...request, params: { ...request.params, maxTokens: 1 } };
    let prefilledTokens: number | undefined;
    for await (const event of this.stream(asked, { signal })) {
      if (event.type === 'finish') prefilledTokens = event.usage?.promptTokens;
    }
    return prefilledTokens === undefined ? {} : { prefilledTokens };
  }

  async *stream(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    const model = request.model ?? (await this.chooseModel(signal));
    const reader = new OpenAIReplyReader(request);
    try {
      const chunks = await this.#ask(toChatCompletion(model, request), signal);
      for await (const chunk of chunks) yield* reader.read(chunk);
    } catch (error) {
      if (request.model !== undefined) await this.#refuseUnknown(request.model, error, signal);
      throw this.#explain(error);
    }
    for (const event of reader.end()) {
      const names = event.type === 'finish' && request.model !== undefined;
      yield names ? { ...event, model } : event;
    }
  }

  /** The answer tells nothing that is needed; a server that has no such path has a socket all the same. */
  async #openSocket(model: string, signal: AbortSignal): Promise<void> {
    await this.#client.models.retrieve(model, { signal }).catch((error: unknown) => {
      const answered = error instanceof APIError && [404, 405].includes(Number(error.status));
      if (!answered) throw this.#explain(error);
    });
  }

  /** @throws UnknownModelError where that is why the server failed */
  async #refuseUnknown(model: string, error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof APIError) || ![400, 404].includes(Number(error.status))) return;
    if (!/model/i.test(`${error.message} ${error.code ?? ''}`)) return;
    const models = await this.models({ signal }).catch(() => undefined);
    const names = models?.map(({ name }) => name);
    if (names === undefined || names.includes(model)) return;
    throw new UnknownModelError(this.#who, model, names);
  }

  /** Asks again without options that the server does not know, where the reply can do without them. */
  async #ask(
    chat: ChatCompletionCreateParamsStreaming,
    signal: AbortSignal,
  ): Promise<AsyncIterable<ChatCompletionChunk>> {
    const conceded: Conceded = new Set();
    let asked = this.#options.fit(chat);
    for (;;) {
      try {
        const chunks = await this.#client.chat.completions.create(asked, { signal });
        this.#options.learn(chat, asked, conceded);
        return chunks;
      } catch (error) {
        const complaint = refusalOf(error);
        const next = complaint === undefined ? undefined : this.#options.concede(asked, complaint, conceded);
        if (next === undefined) throw error;
        asked = next;
      }
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof BackendError) return error;
    if (error instanceof APIConnectionError) return unreachable(this.#who, error);
    if (error instanceof APIError) {
      const status: unknown = error.status;
      // A failure inside a stream has no status: `data: {"error": ...}`.
      if (typeof status !== 'number') return brokenStream(this.#who, error);
      return httpFailure({
        who: this.#who,
        status,
        detail: error.message.replace(/^\d{3} /, ''),
        codes: codesOf(error),
        retryAfter: header(error, 'retry-after'),
      });
    }
    return brokenStream(this.#who, error);
  }
}

/** What a server says that does not take the request as it is; undefined for every other failure. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return undefined;
  // Some say in one breath that a limit is too large and that there is no room for it.
  if (contextRefusal(error.message) !== undefined) return undefined;
  return `${error.message} ${error.param ?? ''}`;
}

/** llama.cpp puts its numbers beside the message. */
function codesOf({ code, type, error }: APIError): string {
  const { n_ctx: limit, n_prompt_tokens: used } = (error ?? {}) as Record<string, unknown>;
  return `${code ?? ''} ${type ?? ''} n_ctx: ${String(limit)} n_prompt_tokens: ${String(used)}`;
}

/** The SDK's headers are those of whichever `fetch` it was given, so their class is no help. */
function header(error: APIError, name: string): string | null {
  const headers = error.headers as Pick<Headers, 'get'> | undefined;
  return headers?.get(name) ?? null;
}
