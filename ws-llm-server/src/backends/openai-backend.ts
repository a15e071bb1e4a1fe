/**
 * OpenAI Chat Completions, at OpenAI or at anything that speaks it: LM Studio, vLLM, llama.cpp, Groq, Lemonade.
 * Owns the request and the reading of its stream; retries and deadlines are the generation's.
 */
import OpenAI, { APIConnectionError, APIError } from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions';
import type { Backend, BackendEvent, BackendRequest } from '../backend.ts';
import { BackendError } from '../backend.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { withErrorEnvelope } from './error-envelope.ts';
import { modelFetch } from './model-fetch.ts';
import { toChatCompletion } from './openai-request.ts';
import { OpenAIReplyReader } from './openai-reply-reader.ts';
import { type Conceded, RefusedOptions } from './refused-options.ts';

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
  readonly #options = new RefusedOptions();
  #model: string | undefined;

  constructor(options: OpenAIBackendOptions) {
    this.#who = `The model server at ${options.baseUrl}`;
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

  /**
   * The model that answers; asks the server where none was chosen.
   * @throws BackendError
   */
  async chooseModel(signal: AbortSignal): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const page = await this.#client.models.list({ signal }).catch((error: unknown) => {
      throw this.#explain(error);
    });
    const [first] = page.data;
    if (first === undefined) {
      throw new BackendError('backend_failed', `${this.#who} lists no model. Load one, or set LLM_MODEL.`, {
        retryable: false,
      });
    }
    this.#model = first.id;
    return first.id;
  }

  async *stream(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    const model = await this.chooseModel(signal);
    const reader = new OpenAIReplyReader();
    try {
      const chunks = await this.#ask(toChatCompletion(model, request), signal);
      for await (const chunk of chunks) yield* reader.read(chunk);
    } catch (error) {
      throw this.#explain(error);
    }
    yield* reader.end();
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
        retryAfter: header(error, 'retry-after'),
      });
    }
    return brokenStream(this.#who, error);
  }
}

/** What a server says that does not take the request as it is; undefined for every other failure. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return undefined;
  return `${error.message} ${error.param ?? ''}`;
}

/** The SDK's headers are those of whichever `fetch` it was given, so their class is no help. */
function header(error: APIError, name: string): string | null {
  const headers = error.headers as Pick<Headers, 'get'> | undefined;
  return headers?.get(name) ?? null;
}
