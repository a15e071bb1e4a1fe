/**
 * One server that speaks OpenAI's API: its address, its key, and requests to it. One that answers with a failure is an OpenAIRefusal, one
 * that cannot be reached or read a BackendError. Knows no reply from inside.
 */
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions';
import type { Model } from 'openai/resources/models';
import { askModel, type ModelAnswer, type ModelQuestion, textOf } from './ask-model.ts';
import { brokenStream, unreachable } from './backend-failure.ts';
import { EventData } from './event-data.ts';
import { failureInStream, refusalOf } from './openai-refusal.ts';

export interface OpenAIServerOptions {
  /** Empty for servers that want none. */
  apiKey: string;
  /** With its `/v1`, where the server has one. */
  baseUrl: string;
}

/** Hands on each chunk of a reply as it comes, and resolves at its end. Once. */
export type ReadChunks = (onChunk: (chunk: ChatCompletionChunk) => void) => Promise<void>;

export class OpenAIServer {
  /** For messages: `The model server at https://...`. */
  readonly who: string;
  readonly #base: string;
  readonly #chatUrl: URL;
  readonly #apiKey: string;
  readonly #headers: Record<string, string>;

  constructor({ apiKey, baseUrl }: OpenAIServerOptions) {
    this.who = `The model server at ${baseUrl}`;
    this.#base = baseUrl.replace(/\/+$/, '');
    this.#chatUrl = new URL(`${this.#base}/chat/completions`);
    this.#apiKey = apiKey;
    // Some want the header and no key.
    this.#headers = { authorization: `Bearer ${apiKey === '' ? 'none' : apiKey}` };
  }

  /** @throws OpenAIRefusal, BackendError */
  async models(signal: AbortSignal): Promise<Model[]> {
    const answer = await this.#ask(new URL(`${this.#base}/models`), { signal });
    if (answer.status >= 300) throw await this.#refusal(answer);
    const body = await this.#text(answer);
    try {
      const { data } = JSON.parse(body) as { data?: Model[] };
      return data ?? [];
    } catch (error) {
      throw brokenStream(this.who, error);
    }
  }

  /**
   * Leaves an open socket behind. What is answered tells nothing that is needed; a server that has no such path has a socket all the same.
   * @throws OpenAIRefusal, BackendError
   */
  async touch(model: string, signal: AbortSignal): Promise<void> {
    const url = new URL(`${this.#base}/models/${encodeURIComponent(model)}`);
    const answer = await this.#ask(url, { signal });
    if (answer.status >= 300 && ![404, 405].includes(answer.status)) throw await this.#refusal(answer);
    // To its end, or the socket would be closed.
    await this.#text(answer);
  }

  /**
   * Asks, and resolves as soon as the answer begins. A chunk that cannot be read is thrown when its turn comes.
   * @throws OpenAIRefusal, BackendError
   */
  async chat(chat: ChatCompletionCreateParamsStreaming, signal: AbortSignal): Promise<ReadChunks> {
    const answer = await this.#ask(this.#chatUrl, { body: chat, signal });
    if (answer.status >= 300) throw await this.#refusal(answer);
    return async (onChunk) => {
      const events = new EventData();
      const read = (line: string): void => {
        const chunk = chunkOf(events.read(line));
        if (chunk !== undefined) onChunk(chunk);
      };
      await answer.read(read);
      // Some end without the empty line that ends an event.
      read('');
    };
  }

  #ask(url: URL, question: Omit<ModelQuestion, 'headers'>): Promise<ModelAnswer> {
    return askModel(url, { ...question, headers: this.#headers }).catch((error: unknown) => {
      throw unreachable(this.who, error);
    });
  }

  async #refusal(answer: ModelAnswer): Promise<Error> {
    const body = await this.#text(answer);
    // Some repeat a key that they do not take, and what they say is logged and told to clients.
    const told = this.#apiKey === '' ? body : body.replaceAll(this.#apiKey, '…');
    return refusalOf(answer.status, told, answer.headers['retry-after']);
  }

  #text(answer: ModelAnswer): Promise<string> {
    return textOf(answer).catch((error: unknown) => {
      throw brokenStream(this.who, error);
    });
  }
}

/** Undefined for what is none. @throws what the server says instead of one */
function chunkOf(data: string | undefined): ChatCompletionChunk | undefined {
  if (data === undefined || data.startsWith('[DONE]')) return undefined;
  const chunk = JSON.parse(data) as (ChatCompletionChunk & { error?: unknown }) | null;
  if (chunk?.error) throw failureInStream(chunk.error);
  return chunk ?? undefined;
}
