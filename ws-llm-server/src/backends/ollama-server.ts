/** One Ollama: its address, and requests to it that fail as BackendErrors. Knows no chat. */
import type { ModelResponse } from 'ollama';
import { BackendError, type ModelInfo, type PullListener } from '../backend.ts';
import { askModel, type ModelAnswer } from './ask-model.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { ModelAddress } from './model-address.ts';
import { movedTo, refusalBody, wholeBody } from './model-body.ts';
import { shownName } from './shown-name.ts';
import { UnknownModelError } from './unknown-model.ts';

/** A model, with what is told of one in memory and left out of Ollama's own types. */
type ListedModel = ModelResponse & { context_length?: number };

/** Of one progress step of a download. */
const maxStatusChars = 300;

export interface LoadOptions {
  /** Undefined leaves it to Ollama; 0 unloads. */
  keepAlive: string | number | undefined;
  numCtx: number | undefined;
}

/**
 * Hands on each line of a response, parsed as JSON; resolves at its end, or when `onLine` returns
 * `end`. Call once.
 */
export type ReadLines<Line> = (onLine: (line: Line) => 'end' | void) => Promise<void>;

export class OllamaServer {
  /** For messages: `Ollama at http://127.0.0.1:11434`. */
  readonly who: string;
  /** Values of the address that must not be shown. */
  readonly secrets: readonly string[];
  readonly #address: ModelAddress;

  constructor(host: string) {
    this.#address = new ModelAddress(host);
    this.secrets = this.#address.secrets;
    this.who = `Ollama at ${this.#address.shown}`;
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
    const body = await this.#body(refusalBody(answer));
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
    const body = await this.#body(wholeBody(answer));
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
        throw new BackendError('backend_failed', `${this.who} could not pull ${shownName(model)}`, {
          retryable: false,
          said: saidIn(error),
        });
      }
      last = saidIn(status).slice(0, maxStatusChars);
      onProgress({
        status: last,
        ...(total !== undefined && { totalBytes: total, completedBytes: completed }),
      });
    });
    if (last !== 'success') throw brokenStream(this.who, new Error('the download stopped'));
  }

  /**
   * Asks, and resolves as soon as the answer begins. A line that cannot be read is thrown when its turn comes.
   * @throws BackendError, and so does the reading
   */
  async ask<Line>(path: string, request: object, signal: AbortSignal): Promise<ReadLines<Line>> {
    const answer = await this.#send(path, request, signal);
    if (answer.status >= 300) throw this.#failure(answer, await this.#body(refusalBody(answer)));
    return (onLine) =>
      answer
        .read((line) => {
          return line.trim() === '' ? undefined : onLine(JSON.parse(line) as Line);
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
    if (answer.status >= 300) throw this.#failure(answer, await this.#body(refusalBody(answer)));
    const body = await this.#body(wholeBody(answer));
    try {
      const { models } = JSON.parse(body) as { models?: ListedModel[] | null };
      return models ?? [];
    } catch (error) {
      throw brokenStream(this.who, error);
    }
  }

  async #send(path: string, body: object | undefined, signal: AbortSignal): Promise<ModelAnswer> {
    const question = { signal, ...(body !== undefined && { body }) };
    return askModel(this.#address.at(path), question).catch((error: unknown) => {
      throw unreachable(this.who, error);
    });
  }

  async #body(read: Promise<string>): Promise<string> {
    return read.catch((error: unknown) => {
      throw brokenStream(this.who, error);
    });
  }

  #failure(answer: ModelAnswer, body: string): Error {
    const { status, headers } = answer;
    const remedy = movedTo(answer, this.#address.shown);
    return httpFailure({
      who: this.who,
      status,
      said: remedy === undefined ? errorText(body) : '',
      ...(remedy !== undefined && { remedy }),
      retryAfter: headers['retry-after'],
    });
  }
}

interface PullStep {
  status?: unknown;
  completed?: number;
  total?: number;
  error?: unknown;
}

/** The server's words, whatever type it has put there. */
export function saidIn(value: unknown): string {
  // It was parsed from JSON, so it can be written as JSON.
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Ollama's names have a tag, which requests may leave out. */
function withTag(model: string): string {
  return model.lastIndexOf(':') > model.lastIndexOf('/') ? model : `${model}:latest`;
}

/** Ollama answers `{"error": "..."}`; a proxy in front of it anything. */
function errorText(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (error !== undefined) return saidIn(error);
  } catch {
    // Not JSON: the text itself is the best there is.
  }
  return body;
}
