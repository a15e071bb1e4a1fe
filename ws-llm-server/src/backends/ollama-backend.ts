/**
 * Ollama's own chat interface. The `ollama` package lists models; the stream is read here, because the package's drops lines that
 * it cannot read, writes them to the console and leaves the end of the body unread, which costs the socket.
 */
import { randomUUID } from 'node:crypto';
import { type ChatResponse, Ollama } from 'ollama';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendFinishReason,
  type BackendRequest,
} from '../backend.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { modelFetch } from './model-fetch.ts';
import { toOllamaChat } from './ollama-request.ts';
import { readLines } from './read-lines.ts';

export interface OllamaBackendOptions {
  /** `http://127.0.0.1:11434`. */
  host: string;
  /** Undefined: the first that Ollama lists. */
  model: string | undefined;
}

export class OllamaBackend implements Backend {
  readonly name = 'ollama';
  readonly #host: string;
  readonly #who: string;
  #model: string | undefined;

  constructor({ host, model }: OllamaBackendOptions) {
    this.#host = host.replace(/\/+$/, '');
    this.#who = `Ollama at ${this.#host}`;
    this.#model = model;
  }

  get model(): string | undefined {
    return this.#model;
  }

  /**
   * Names of the models that Ollama has.
   * @throws BackendError
   */
  async listModels(signal: AbortSignal): Promise<string[]> {
    const fetch: typeof modelFetch = (input, init) => modelFetch(input, { ...init, signal });
    try {
      const { models } = await new Ollama({ host: this.#host, fetch }).list();
      return models.map((model) => model.name);
    } catch (error) {
      throw unreachable(this.#who, error);
    }
  }

  /**
   * The model that answers; asks Ollama where none was chosen.
   * @throws BackendError
   */
  async chooseModel(signal: AbortSignal): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const [first] = await this.listModels(signal);
    if (first === undefined) {
      const message = `${this.#who} has no model. Get one with: ollama pull llama3.2`;
      throw new BackendError('backend_failed', message, { retryable: false });
    }
    this.#model = first;
    return first;
  }

  async *stream(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    const model = await this.chooseModel(signal);
    const body = await this.#post(toOllamaChat(model, request), signal);
    let finish: BackendEvent | undefined;
    let called = false;
    for await (const chunk of this.#chunks(body)) {
      const { message } = chunk;
      if (message?.thinking) yield { type: 'reasoning', text: message.thinking };
      if (message?.content) yield { type: 'text', text: message.content };
      for (const call of message?.tool_calls ?? []) {
        called = true;
        const { name, arguments: args } = call.function;
        // Ollama gives its calls no ids.
        yield {
          type: 'tool_call',
          call: { id: `call_${randomUUID()}`, name, arguments: JSON.stringify(args) },
        };
      }
      if (chunk.done) finish = toFinish(chunk, called);
    }
    // Only after the body's end, so that the socket goes back to the pool.
    if (finish !== undefined) yield finish;
  }

  async #post(chat: object, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await modelFetch(`${this.#host}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chat),
      signal,
    }).catch((error: unknown) => {
      throw unreachable(this.#who, error);
    });
    if (!response.ok) {
      throw httpFailure({
        who: this.#who,
        status: response.status,
        detail: errorText(await response.text()),
        retryAfter: response.headers.get('retry-after'),
      });
    }
    if (response.body === null) throw brokenStream(this.#who, new Error('an empty answer'));
    return response.body;
  }

  async *#chunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Partial<ChatResponse>, void, undefined> {
    try {
      for await (const line of readLines(body)) {
        const chunk = JSON.parse(line) as Partial<ChatResponse> & { error?: string };
        if (chunk.error !== undefined) throw new Error(chunk.error);
        yield chunk;
      }
    } catch (error) {
      throw brokenStream(this.#who, error);
    }
  }
}

function toFinish(chunk: Partial<ChatResponse>, called: boolean): BackendEvent {
  const { prompt_eval_count: promptTokens, eval_count: completionTokens } = chunk;
  let reason: BackendFinishReason = chunk.done_reason === 'length' ? 'length' : 'stop';
  if (called && reason === 'stop') reason = 'tool_calls';
  if (promptTokens === undefined || completionTokens === undefined) return { type: 'finish', reason };
  return { type: 'finish', reason, usage: { promptTokens, completionTokens } };
}

/** Ollama answers `{"error": "..."}`; a proxy in front of it anything. */
function errorText(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Not JSON: the text itself is the best there is.
  }
  return body.slice(0, 300);
}
