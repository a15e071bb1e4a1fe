/**
 * OpenAI Chat Completions, at OpenAI or at anything that speaks it: LM Studio, vLLM, llama.cpp, Groq, Lemonade.
 * Owns the request and the reading of its stream; retries and deadlines are the generation's.
 */
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendListener,
  type BackendRequest,
  type BackendWarmth,
  type ModelInfo,
} from '../backend.ts';
import { brokenStream, failedInStream, httpFailure } from './backend-failure.ts';
import { BoundedMap } from './bounded-map.ts';
import { contextRefusal } from './context-refusal.ts';
import { isLocalAddress } from './local-address.ts';
import { servedContext, toModelInfo } from './openai-models.ts';
import { toChatCompletion } from './openai-request.ts';
import { OpenAIRefusal } from './openai-refusal.ts';
import { OpenAIReplyReader } from './openai-reply-reader.ts';
import type { OpenAIServerOptions } from './openai-options.ts';
import { OpenAIServer, type ReadChunks } from './openai-server.ts';
import { type Conceded, RefusedOptions } from './refused-options.ts';
import { UnknownModelError } from './unknown-model.ts';

export interface OpenAIBackendOptions extends OpenAIServerOptions {
  /** Undefined: the first that the server lists. */
  model: string | undefined;
}

export class OpenAIBackend implements Backend {
  readonly name = 'openai';
  readonly #server: OpenAIServer;
  readonly #isLocal: boolean;
  readonly #hasKey: boolean;
  readonly #options = new RefusedOptions();
  readonly #contexts = new BoundedMap<number>();
  #model: string | undefined;

  constructor(options: OpenAIBackendOptions) {
    this.#isLocal = isLocalAddress(options.baseUrl);
    this.#hasKey = options.apiKey !== '';
    this.#model = options.model;
    this.#server = new OpenAIServer(options);
  }

  get model(): string | undefined {
    return this.#model;
  }

  get secrets(): readonly string[] {
    return this.#server.secrets;
  }

  /** Where the server has told. */
  contextTokens(model: string | undefined): number | undefined {
    return this.#contexts.get(model ?? this.#model ?? '');
  }

  async models({ signal }: { signal: AbortSignal }): Promise<ModelInfo[]> {
    const listed = await this.#server.models(signal).catch((error: unknown) => {
      throw this.#explain(error);
    });
    for (const model of listed) {
      const served = servedContext(model);
      if (served !== undefined) this.#contexts.set(model.id, served);
    }
    return listed.map(toModelInfo);
  }

  /**
   * The model that answers; asks the server where none was chosen.
   * @throws BackendError
   */
  async chooseModel(signal: AbortSignal): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const [first] = await this.models({ signal });
    if (first === undefined) {
      throw new BackendError(
        'backend_failed',
        `${this.#server.who} lists no model. Load one, or set LLM_MODEL.`,
        {
          retryable: false,
        },
      );
    }
    this.#model = first.name;
    return first.name;
  }

  /**
   * Asks the server after its model, before anybody wants a reply: an address, a key or a model that is wrong is found, and a socket is
   * left open.
   * @throws BackendError
   */
  async meetModel(signal: AbortSignal): Promise<void> {
    if (this.#model === undefined) return void (await this.chooseModel(signal));
    await this.#touch(this.#model, signal);
    const known = (await this.#known(signal)) ?? [];
    if (known.length === 0 || isAmong(known, this.#model)) return;
    const { message } = new UnknownModelError(this.#server.who, this.#model, known);
    throw new BackendError('backend_failed', `${message} Is LLM_MODEL right?`, { retryable: false });
  }

  /**
   * Has a server of one's own read the prompt, by a reply of one token. Elsewhere that costs money, and OpenAI itself caches long
   * prompts without being asked: there only the socket is opened.
   */
  async warm(request: BackendRequest, { signal }: { signal: AbortSignal }): Promise<BackendWarmth> {
    if (!this.#isLocal) {
      await this.#touch(request.model ?? (await this.chooseModel(signal)), signal);
      return {};
    }
    const asked = { ...request, params: { ...request.params, maxTokens: 1 } };
    let prefilledTokens: number | undefined;
    await this.reply(asked, {
      signal,
      onEvent(event) {
        if (event.type === 'finish') prefilledTokens = event.usage?.promptTokens;
      },
    });
    return prefilledTokens === undefined ? {} : { prefilledTokens };
  }

  async reply(request: BackendRequest, { signal, onEvent }: BackendListener): Promise<void> {
    const model = request.model ?? (await this.chooseModel(signal));
    const hear = (event: BackendEvent): void => {
      const names = event.type === 'finish' && request.model !== undefined;
      onEvent(names ? { ...event, model } : event);
    };
    const reader = new OpenAIReplyReader(request, { signal, onEvent: hear });
    try {
      const read = await this.#ask(toChatCompletion(model, request), signal);
      await read((chunk) => reader.read(chunk));
    } catch (error) {
      if (request.model !== undefined) await this.#refuseUnknown(request.model, error, signal);
      throw this.#explain(error, request.model);
    }
    reader.end();
  }

  async #touch(model: string, signal: AbortSignal): Promise<void> {
    await this.#server.touch(model, signal).catch((error: unknown) => {
      throw this.#explain(error);
    });
  }

  /** @throws UnknownModelError where that is why the server failed */
  async #refuseUnknown(model: string, error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof OpenAIRefusal) || ![400, 404].includes(Number(error.status))) return;
    if (!/model/i.test(`${error.message} ${error.codes}`)) return;
    const known = await this.#known(signal);
    if (known === undefined || known.includes(model)) return;
    throw new UnknownModelError(this.#server.who, model, known);
  }

  /** Names of the models that the server lists; undefined where it does not tell. */
  async #known(signal: AbortSignal): Promise<string[] | undefined> {
    const models = await this.models({ signal }).catch(() => undefined);
    return models?.map(({ name }) => name);
  }

  /** Asks again without options that the server does not know, where the reply can do without them. */
  async #ask(chat: ChatCompletionCreateParamsStreaming, signal: AbortSignal): Promise<ReadChunks> {
    const conceded: Conceded = new Set();
    let asked = this.#options.fit(chat);
    for (;;) {
      try {
        const read = await this.#server.chat(asked, signal);
        this.#options.learn(chat, asked, conceded);
        return read;
      } catch (error) {
        const complaint = complaintOf(error);
        const next = complaint === undefined ? undefined : this.#options.concede(asked, complaint, conceded);
        if (next === undefined) throw error;
        asked = next;
      }
    }
  }

  /** `asked`: the model that the request names. */
  #explain(error: unknown, asked?: string): unknown {
    const { who } = this.#server;
    if (error instanceof BackendError) return error;
    if (!(error instanceof OpenAIRefusal)) return brokenStream(who, error);
    const { status, message: said, codes, retryAfter } = error;
    if (status === undefined) return failedInStream(who, said, codes);
    const remedy = this.#remedy(status, asked);
    return httpFailure({ who, status, said, remedy, codes, retryAfter });
  }

  /** For whoever started the server. */
  #remedy(status: number, asked: string | undefined): string {
    if (status === 401 || status === 403)
      return this.#hasKey ? ' (is OPENAI_API_KEY right?)' : ' (set OPENAI_API_KEY)';
    if (status === 404 && asked === undefined) return ' (are OPENAI_BASE_URL and LLM_MODEL right?)';
    return '';
  }
}

/** What Ollama has as `llama3.2:latest`, it also takes without the tag. */
function isAmong(known: readonly string[], model: string): boolean {
  return known.includes(model) || known.includes(`${model}:latest`);
}

/** What a server says that does not take the request as it is; undefined for every other failure. */
function complaintOf(error: unknown): string | undefined {
  if (!(error instanceof OpenAIRefusal) || (error.status !== 400 && error.status !== 422)) return undefined;
  // Some say in one breath that a limit is too large and that there is no room for it.
  if (contextRefusal(error.message) !== undefined) return undefined;
  return `${error.message} ${error.param}`;
}
