/**
 * One Ollama: its address, and requests to it that fail as BackendErrors. Knows no chat. The `ollama` package lists models;
 * everything that streams or waits is asked here, because the package's reader drops lines that it cannot read, writes them to the
 * console and leaves the end of the body unread, which costs the socket.
 */
import { Ollama } from 'ollama';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { modelFetch } from './model-fetch.ts';

export class OllamaServer {
  /** For messages: `Ollama at http://127.0.0.1:11434`. */
  readonly who: string;
  readonly #host: string;

  constructor(host: string) {
    this.#host = host.replace(/\/+$/, '');
    this.who = `Ollama at ${this.#host}`;
  }

  /** @throws BackendError */
  async listModels(signal: AbortSignal): Promise<string[]> {
    const fetch: typeof modelFetch = (input, init) => modelFetch(input, { ...init, signal });
    try {
      const { models } = await new Ollama({ host: this.#host, fetch }).list();
      return models.map((model) => model.name);
    } catch (error) {
      throw unreachable(this.who, error);
    }
  }

  /**
   * Loads a model and resolves when it is there; at once where it is already. Ollama gives it up when `signal` aborts.
   * `keepAlive`: undefined leaves it to Ollama; never 0, which would unload.
   * @throws BackendError
   */
  async load(model: string, keepAlive: string | number | undefined, signal: AbortSignal): Promise<void> {
    const response = await this.#send(
      '/api/generate',
      { model, stream: false, ...(keepAlive !== undefined && { keep_alive: keepAlive }) },
      signal,
    );
    const body = await this.#text(response);
    // No such model, or a server that speaks only the chat: the chat itself tells.
    if (response.ok || response.status === 404 || response.status === 405) return;
    throw this.#failure(response, body);
  }

  /**
   * What a model can do beyond text, such as `tools`, `vision`, `thinking`; undefined where this Ollama does not tell.
   * @throws BackendError where it cannot be reached
   */
  async capabilities(model: string, signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    const response = await this.#send('/api/show', { model }, signal);
    const body = await this.#text(response);
    if (!response.ok) return undefined;
    try {
      const { capabilities } = JSON.parse(body) as { capabilities?: unknown };
      return Array.isArray(capabilities) ? capabilities : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Asks and resolves with the answer's body, not read yet.
   * @throws BackendError
   */
  async open(path: string, request: object, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#send(path, request, signal);
    if (!response.ok) throw this.#failure(response, await this.#text(response));
    if (response.body === null) throw brokenStream(this.who, new Error('an empty answer'));
    return response.body;
  }

  async #send(path: string, request: object, signal: AbortSignal): Promise<Response> {
    return modelFetch(`${this.#host}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal,
    }).catch((error: unknown) => {
      throw unreachable(this.who, error);
    });
  }

  async #text(response: Response): Promise<string> {
    return response.text().catch((error: unknown) => {
      throw brokenStream(this.who, error);
    });
  }

  #failure(response: Response, body: string): Error {
    return httpFailure({
      who: this.who,
      status: response.status,
      detail: errorText(body),
      retryAfter: response.headers.get('retry-after'),
    });
  }
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
