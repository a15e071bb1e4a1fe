/**
 * Ollama's own chat interface, with what it alone lets a client decide: how long a model stays, how much it takes, whether it thinks,
 * and when it is loaded. Retries and deadlines are the generation's.
 */
import type { ChatResponse } from 'ollama';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendListener,
  type BackendRequest,
  type BackendWarmth,
  type ModelInfo,
  type PullListener,
} from '../backend.ts';
import { failedInStream } from './backend-failure.ts';
import { BoundedMap } from './bounded-map.ts';
import { hasImage } from './has-image.ts';
import { defaultKeepAlive, type KeepAlive, parseKeepAlive } from './keep-alive.ts';
import { OllamaModel } from './ollama-model.ts';
import { OllamaReplyReader } from './ollama-reply-reader.ts';
import { toOllamaChat } from './ollama-request.ts';
import { OllamaServer, type ReadLines, saidIn } from './ollama-server.ts';
import { supportAfter } from './ollama-thinking.ts';
import { shownName } from './shown-name.ts';
import { UnknownModelError } from './unknown-model.ts';

export interface OllamaBackendOptions {
  /** `http://127.0.0.1:11434`. */
  host: string;
  /** Undefined: the first that Ollama lists. */
  model: string | undefined;
  /** How long Ollama keeps the model after its last use: `1h30m`, seconds, 0, or below 0 for ever. Default: `30m`. */
  keepAlive?: string;
  /** How many tokens a model takes, prompt and reply together. Default: the model's own, or Ollama's. */
  numCtx?: number | undefined;
}

type Chunk = Partial<ChatResponse> & { error?: unknown };

export class OllamaBackend implements Backend {
  readonly name = 'ollama';
  readonly #server: OllamaServer;
  readonly #settings: { keepAlive: KeepAlive; numCtx: number | undefined };
  readonly #models = new BoundedMap<OllamaModel>(({ load }) => load.close());
  #model: string | undefined;

  /** @throws RangeError for a `keepAlive` that Ollama would not understand */
  constructor({ host, model, keepAlive = defaultKeepAlive, numCtx }: OllamaBackendOptions) {
    const kept = parseKeepAlive(keepAlive);
    if (kept === undefined) throw new RangeError(`keepAlive: expected a time such as 30m, not ${keepAlive}`);
    this.#settings = { keepAlive: kept, numCtx };
    this.#server = new OllamaServer(host);
    this.#model = model;
  }

  get model(): string | undefined {
    return this.#model;
  }

  get secrets(): readonly string[] {
    return this.#server.secrets;
  }

  contextTokens(model: string | undefined): number | undefined {
    const name = model ?? this.#model;
    const known = name === undefined ? undefined : this.#models.get(name);
    return known?.contextTokens ?? this.#settings.numCtx;
  }

  takesTools(model: string | undefined): boolean | undefined {
    const name = model ?? this.#model;
    return name === undefined ? undefined : this.#models.get(name)?.takesTools;
  }

  /**
   * Names of the models that Ollama has.
   * @throws BackendError
   */
  listModels(signal: AbortSignal): Promise<string[]> {
    return this.#server.listModels(signal);
  }

  models({ signal }: { signal: AbortSignal }): Promise<ModelInfo[]> {
    return this.#server.models(signal);
  }

  async pull(model: string, listener: PullListener): Promise<void> {
    await this.#server.pull(model, listener);
    this.#models.get(model)?.forget();
  }

  async load(model: string, { signal }: { signal: AbortSignal }): Promise<void> {
    // Someone else may have unloaded it.
    this.#known(model).load.doubt();
    await this.#ready(model, signal, model);
  }

  async unload(model: string, { signal }: { signal: AbortSignal }): Promise<void> {
    this.#models.get(model)?.load.doubt();
    await this.#server.load(model, { keepAlive: 0, numCtx: undefined }, signal);
  }

  /**
   * The model that answers; asks Ollama where none was chosen.
   * @throws BackendError
   */
  async chooseModel(signal: AbortSignal): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const [first] = await this.listModels(signal);
    if (first === undefined) {
      const message = `${this.#server.who} has no model. Get one with: ollama pull llama3.2`;
      throw new BackendError('backend_failed', message, { retryable: false });
    }
    this.#model = first;
    return first;
  }

  /**
   * Chooses the model, and asks what it can, before anybody wants a reply.
   * @throws BackendError
   */
  async meetModel(signal: AbortSignal): Promise<void> {
    const name = await this.chooseModel(signal);
    await this.#known(name).learn(signal);
  }

  /** Gives up loads that still run. */
  close(): void {
    for (const { load } of this.#models.values()) load.close();
  }

  /** Loads the model, and has it read the prompt: a reply of one token is the shortest that Ollama gives. */
  async warm(request: BackendRequest, { signal }: { signal: AbortSignal }): Promise<BackendWarmth> {
    const name = request.model ?? (await this.chooseModel(signal));
    const model = await this.#ready(name, signal, request.model);
    if (request.messages.length === 0) return {};
    const asked = { ...request, params: { ...request.params, maxTokens: 1 } };
    let prefilledTokens: number | undefined;
    const read = await this.#ask(name, model, asked, signal);
    await read((chunk) => {
      if (chunk.error !== undefined) throw this.#broken(chunk.error);
      prefilledTokens = chunk.prompt_eval_count ?? prefilledTokens;
      return chunk.done === true ? 'end' : undefined;
    });
    model.load.used();
    return prefilledTokens === undefined ? {} : { prefilledTokens };
  }

  async reply(request: BackendRequest, { signal, onEvent }: BackendListener): Promise<void> {
    const name = request.model ?? (await this.chooseModel(signal));
    const model = this.#known(name);
    if (request.messages.some(hasImage)) await this.#refuseImagesUnseen(name, model, signal);
    await this.#ready(name, signal, request.model);
    const hear = (event: BackendEvent): void => {
      const names = event.type === 'finish' && request.model !== undefined;
      onEvent(names ? { ...event, model: name } : event);
    };
    const reader = new OllamaReplyReader(request, { signal, onEvent: hear });
    let state = 'silent' as 'silent' | 'answered' | 'failed' | 'refused';
    try {
      const read = await this.#ask(name, model, request, signal);
      await read((chunk) => {
        state = 'answered';
        if (chunk.error !== undefined) throw this.#broken(chunk.error);
        reader.read(chunk);
        return chunk.done === true ? 'end' : undefined;
      });
    } catch (error) {
      if (!signal.aborted) state = isAboutRequest(error) ? 'refused' : 'failed';
      throw error;
    } finally {
      if (state === 'failed') model.load.doubt();
      if (state === 'answered') model.load.used();
      if (state === 'silent') model.load.renew();
    }
    reader.end();
  }

  #known(name: string): OllamaModel {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const model = new OllamaModel(name, { server: this.#server, ...this.#settings });
    this.#models.set(name, model);
    return model;
  }

  /** A model of the configuration that is not there is the operator's to mend, one that was asked for the client's. */
  async #ready(name: string, signal: AbortSignal, asked: string | undefined): Promise<OllamaModel> {
    const model = this.#known(name);
    try {
      await model.load.ready(signal);
      return model;
    } catch (error) {
      if (!(error instanceof UnknownModelError)) throw error;
      // Names that clients make up are not kept.
      if (name !== this.#model) this.#models.delete(name);
      if (asked !== undefined) throw error;
      const message = `${error.message} Get it with: ollama pull ${shownName(name)}`;
      throw new BackendError('backend_failed', message, { retryable: false, cause: error });
    }
  }

  /** Asks again with less where the model cannot be told how to think. */
  async #ask(
    name: string,
    model: OllamaModel,
    request: BackendRequest,
    signal: AbortSignal,
  ): Promise<ReadLines<Chunk>> {
    for (;;) {
      const chat = toOllamaChat(name, request, { ...this.#settings, thinking: model.thinking });
      try {
        return await this.#server.ask<Chunk>('/api/chat', chat, signal);
      } catch (error) {
        const refused = error instanceof BackendError && error.code === 'bad_request';
        const support = refused ? supportAfter(error.said ?? '', chat.think) : undefined;
        if (support === undefined) throw error;
        model.thinking = support;
      }
    }
  }

  #broken(complaint: unknown): BackendError {
    return failedInStream(this.#server.who, saidIn(complaint));
  }

  /** Ollama itself drops images without a word, and the model makes up what it sees. */
  async #refuseImagesUnseen(name: string, model: OllamaModel, signal: AbortSignal): Promise<void> {
    if (await model.seesImages(signal)) return;
    const message = `${shownName(name)} does not take images. Choose a model with vision in LLM_MODEL, or send text alone.`;
    throw new BackendError('bad_request', message, { retryable: false });
  }
}

function isAboutRequest(error: unknown): boolean {
  return error instanceof BackendError && (error.code === 'bad_request' || error.code === 'context_too_long');
}
