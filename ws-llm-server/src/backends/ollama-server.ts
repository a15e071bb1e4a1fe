/** One Ollama: its address, and requests to it that fail as BackendErrors. Knows no chat. */
import type { ModelResponse } from 'ollama';
import { BackendError, type ModelInfo, type PullListener } from '../backend.ts';
import { askModel, type ModelAnswer, textOf } from './ask-model.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { UnknownModelError } from './unknown-model.ts';

/** A model, with what is told of one in memory and left out of Ollama's own types. */
type ListedModel = ModelResponse & { context_length?: number };

export interface LoadOptions {
  /** Undefined leaves it to Ollama; 0 unloads. */
  keepAlive: string | number | undefined;
  numCtx: number | undefined;
}

/** Hands on each line of an answer as it comes, as the JSON that it is; resolves at its end. Once. */
export type ReadLines<Line> = (onLine: (line: Line) => void) => Promise<void>;

export class OllamaServer {
  /** For messages: `Ollama at http://127.0.0.1:11434`. */
  readonly who: string;
  readonly #host: string;

  constructor(host: string) {
    this.#host = host.replace(/\/+$/, '');
    this.who = `Ollama at ${this.#host}`;
  }

  /** Names of the models that it has. @throws BackendError */
  async listModels(signal: AbortSignal): Promise<string[]> {
    const models = await this.#list('/api/tags', signal);
    return models.map(({ name }) => name);
  }

  /** The models that it has. @throws BackendError */
  async models(signal: AbortSignal): Promise<ModelInfo[]> {
    const [models, loaded] = await Promise.all([this.#list('/api/tags', signal), this.#loaded(signal)]);
    return models.map(({ name, size }) => {
      const inMemory = loaded.find((model) => model.name === name);
      const contextTokens = inMemory?.context_length;
      return {
        name,
        sizeBytes: size,
        loaded: inMemory !== undefined,
        ...(contextTokens !== undefined && { contextTokens }),
      };
    });
  }

  /** What a model in memory was loaded to take, in tokens; undefined where it is not there or this Ollama does not tell. @throws BackendError */
  async loadedContext(model: string, signal: AbortSignal): Promise<number | undefined> {
    const loaded = await this.#loaded(signal);
    return loaded.find(({ name }) => name === model || name === withTag(model))?.context_length;
  }

  /**
   * Loads a model, or unloads it, and resolves when that is done; at once where it is already. Ollama gives a load up when `signal`
   * aborts. Does nothing for a server that speaks only the chat.
   * @throws BackendError; UnknownModelError where the model is not there
   */
  async load(model: string, { keepAlive, numCtx }: LoadOptions, signal: AbortSignal): Promise<void> {
    const request = {
      model,
      stream: false,
      ...(keepAlive !== undefined && { keep_alive: keepAlive }),
      // Another number than the chat's would have Ollama load it anew for the chat.
      ...(numCtx !== undefined && { options: { num_ctx: numCtx } }),
    };
    const answer = await this.#send('/api/generate', request, signal);
    const body = await this.#text(answer);
    if (answer.status < 300 || answer.status === 405) return;
    if (answer.status !== 404) throw this.#failure(answer, body);
    if (/\bmodel\b/i.test(body)) throw new UnknownModelError(this.who, model, await this.listModels(signal));
  }

  /**
   * What a model can do beyond text, such as `tools`, `vision`, `thinking`; undefined where this Ollama does not tell.
   * @throws BackendError where it cannot be reached
   */
  async capabilities(model: string, signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    const answer = await this.#send('/api/show', { model }, signal);
    const body = await this.#text(answer);
    if (answer.status >= 300) return undefined;
    try {
      const { capabilities } = JSON.parse(body) as { capabilities?: unknown };
      return Array.isArray(capabilities) ? capabilities : undefined;
    } catch {
      return undefined;
    }
  }

  /** Downloads a model; resolves when it is there. @throws BackendError */
  async pull(model: string, { signal, onProgress }: PullListener): Promise<void> {
    let last = '';
    const read = await this.ask<PullStep>('/api/pull', { model }, signal);
    await read(({ error, status = '', completed = 0, total }) => {
      // What it says has no code: an unknown name reads like a registry that is away.
      if (error !== undefined) {
        throw new BackendError('backend_failed', `${this.who} could not pull ${model}: ${error}`, {
          retryable: false,
        });
      }
      last = status;
      onProgress({ status, ...(total !== undefined && { totalBytes: total, completedBytes: completed }) });
    });
    if (last !== 'success') throw brokenStream(this.who, new Error('the download stopped'));
  }

  /**
   * Asks, and resolves as soon as the answer begins. A line that cannot be read is thrown when its turn comes.
   * @throws BackendError, and so does the reading
   */
  async ask<Line>(path: string, request: object, signal: AbortSignal): Promise<ReadLines<Line>> {
    const answer = await this.#send(path, request, signal);
    if (answer.status >= 300) throw this.#failure(answer, await this.#text(answer));
    return (onLine) =>
      answer
        .read((line) => {
          if (line.trim() !== '') onLine(JSON.parse(line) as Line);
        })
        .catch((error: unknown) => {
          throw error instanceof BackendError ? error : brokenStream(this.who, error);
        });
  }

  async #loaded(signal: AbortSignal): Promise<ListedModel[]> {
    return this.#list('/api/ps', signal);
  }

  async #list(path: string, signal: AbortSignal): Promise<ListedModel[]> {
    const answer = await this.#send(path, undefined, signal);
    const body = await this.#text(answer);
    if (answer.status >= 300) throw this.#failure(answer, body);
    try {
      const { models } = JSON.parse(body) as { models?: ListedModel[] | null };
      return models ?? [];
    } catch (error) {
      throw brokenStream(this.who, error);
    }
  }

  async #send(path: string, body: object | undefined, signal: AbortSignal): Promise<ModelAnswer> {
    const question = { signal, ...(body !== undefined && { body }) };
    return askModel(new URL(`${this.#host}${path}`), question).catch((error: unknown) => {
      throw unreachable(this.who, error);
    });
  }

  async #text(answer: ModelAnswer): Promise<string> {
    return textOf(answer).catch((error: unknown) => {
      throw brokenStream(this.who, error);
    });
  }

  #failure({ status, headers }: ModelAnswer, body: string): Error {
    const detail = errorText(body);
    return httpFailure({ who: this.who, status, detail, retryAfter: headers['retry-after'] });
  }
}

interface PullStep {
  status?: string;
  completed?: number;
  total?: number;
  error?: string;
}

/** Ollama's names have a tag, which requests may leave out. */
function withTag(model: string): string {
  return /:[^/]*$/.test(model) ? model : `${model}:latest`;
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
