/**
 * Ollama's own chat interface, with what it alone lets a client decide: how long a model stays, whether it thinks, and when it is
 * loaded. Retries and deadlines are the generation's.
 */
import type { ChatResponse } from 'ollama';
import { type Backend, BackendError, type BackendEvent, type BackendRequest } from '../backend.ts';
import { brokenStream } from './backend-failure.ts';
import { hasImage } from './has-image.ts';
import { defaultKeepAlive, type KeepAlive, parseKeepAlive } from './keep-alive.ts';
import { ModelLoad } from './model-load.ts';
import { OllamaReplyReader } from './ollama-reply-reader.ts';
import { toOllamaChat } from './ollama-request.ts';
import { OllamaServer } from './ollama-server.ts';
import { supportAfter, type ThinkingSupport } from './ollama-thinking.ts';
import { readLines } from './read-lines.ts';

export interface OllamaBackendOptions {
  /** `http://127.0.0.1:11434`. */
  host: string;
  /** Undefined: the first that Ollama lists. */
  model: string | undefined;
  /** How long Ollama keeps the model after its last use: `1h30m`, seconds, 0, or below 0 for ever. Default: `30m`. */
  keepAlive?: string;
}

export class OllamaBackend implements Backend {
  readonly name = 'ollama';
  readonly #server: OllamaServer;
  readonly #keepAlive: KeepAlive;
  readonly #load: ModelLoad;
  #model: string | undefined;
  #thinking: ThinkingSupport = 'levels';
  #seesImages: boolean | undefined;

  /** @throws RangeError for a `keepAlive` that Ollama would not understand */
  constructor({ host, model, keepAlive = defaultKeepAlive }: OllamaBackendOptions) {
    const kept = parseKeepAlive(keepAlive);
    if (kept === undefined) throw new RangeError(`keepAlive: expected a time such as 30m, not ${keepAlive}`);
    this.#keepAlive = kept;
    this.#server = new OllamaServer(host);
    this.#model = model;
    this.#load = new ModelLoad({
      load: async (signal) => {
        // A keep-alive of 0 is for the chat to say: a load that says it unloads.
        const loadedFor = kept.ms === 0 ? undefined : kept.value;
        await this.#server.load(await this.chooseModel(signal), loadedFor, signal);
      },
      keptForMs: kept.ms,
    });
  }

  get model(): string | undefined {
    return this.#model;
  }

  /**
   * Names of the models that Ollama has.
   * @throws BackendError
   */
  listModels(signal: AbortSignal): Promise<string[]> {
    return this.#server.listModels(signal);
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

  /** Gives up a load that still runs. */
  close(): void {
    this.#load.close();
  }

  async *stream(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    const model = await this.chooseModel(signal);
    if (request.messages.some(hasImage)) await this.#refuseImagesUnseen(model, signal);
    await this.#load.ready(signal);
    const reader = new OllamaReplyReader();
    let answered = false;
    let failed = false;
    try {
      const body = await this.#ask(model, request, signal);
      for await (const chunk of this.#chunks(body)) {
        answered = true;
        yield* reader.read(chunk);
      }
    } catch (error) {
      failed = !signal.aborted;
      throw error;
    } finally {
      if (failed) this.#load.doubt();
      else if (answered) this.#load.used();
      else this.#load.renew();
    }
    // Only after the body's end, so that the socket goes back to the pool.
    yield* reader.end();
  }

  /** Asks again with less where the model cannot be told how to think. */
  async #ask(
    model: string,
    request: BackendRequest,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    for (;;) {
      const chat = toOllamaChat(model, request, { keepAlive: this.#keepAlive, thinking: this.#thinking });
      try {
        return await this.#server.open('/api/chat', chat, signal);
      } catch (error) {
        const refused = error instanceof BackendError && error.code === 'bad_request';
        const support = refused ? supportAfter(error.message, chat.think) : undefined;
        if (support === undefined) throw error;
        this.#thinking = support;
      }
    }
  }

  /** Ollama itself drops images without a word, and the model makes up what it sees. */
  async #refuseImagesUnseen(model: string, signal: AbortSignal): Promise<void> {
    if (this.#seesImages === undefined) {
      const capabilities = await this.#server.capabilities(model, signal);
      this.#seesImages = capabilities?.includes('vision') ?? true;
    }
    if (this.#seesImages) return;
    const message = `${model} does not take images. Choose a model with vision in LLM_MODEL, or send text alone.`;
    throw new BackendError('bad_request', message, { retryable: false });
  }

  async *#chunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Partial<ChatResponse>, void, undefined> {
    try {
      for await (const line of readLines(body)) {
        const chunk = JSON.parse(line) as Partial<ChatResponse> & { error?: string };
        if (chunk.error !== undefined) throw new Error(chunk.error);
        yield chunk;
      }
    } catch (error) {
      throw brokenStream(this.#server.who, error);
    }
  }
}
