/**
 * One server that speaks OpenAI's API: its address, its key, and requests to it. One that answers with a failure is an OpenAIRefusal, one
 * that cannot be reached or read a BackendError. Knows no reply from inside.
 */
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions';
import type { Model } from 'openai/resources/models';
import { askModel, type ModelAnswer, type ModelQuestion } from './ask-model.ts';
import { brokenStream, httpFailure, unreachable } from './backend-failure.ts';
import { EventData } from './event-data.ts';
import { ModelAddress } from './model-address.ts';
import { movedTo, refusalBody, wholeBody } from './model-body.ts';
import type { OpenAIServerOptions } from './openai-options.ts';
import { failureInStream, refusalOf } from './openai-refusal.ts';

/** Hands on each chunk of a reply as it comes, and resolves at its end. Once. */
export type ReadChunks = (onChunk: (chunk: ChatCompletionChunk) => void) => Promise<void>;

export class OpenAIServer {
  /** For messages: `The model server at https://...`. */
  readonly who: string;
  /** The key, and values of the address that must not be shown. */
  readonly secrets: readonly string[];
  readonly #address: ModelAddress;
  readonly #chatUrl: URL;
  readonly #headers: Record<string, string>;

  constructor({ apiKey, baseUrl }: OpenAIServerOptions) {
    this.#address = new ModelAddress(baseUrl);
    this.who = `The model server at ${this.#address.shown}`;
    this.#chatUrl = this.#address.at('/chat/completions');
    this.secrets = [...(apiKey === '' ? [] : [apiKey]), ...this.#address.secrets];
    // Some want the header and no key.
    this.#headers = { authorization: `Bearer ${apiKey === '' ? 'none' : apiKey}` };
  }

  /** @throws OpenAIRefusal, BackendError */
  async models(signal: AbortSignal): Promise<Model[]> {
    const answer = await this.#ask(this.#address.at('/models'), { signal });
    if (answer.status >= 300) throw await this.#refusal(answer);
    const body = await this.#body(answer);
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
    const url = this.#address.at(`/models/${encodeURIComponent(model)}`);
    const answer = await this.#ask(url, { signal });
    if (answer.status >= 300 && ![404, 405].includes(answer.status)) throw await this.#refusal(answer);
    // To its end, or the socket would be closed.
    await this.#body(answer);
  }

  /**
   * Asks, and resolves as soon as the response begins. A chunk that cannot be read is thrown when
   * it is its turn. `[DONE]` ends the reply, whatever else the body holds.
   * @throws OpenAIRefusal, BackendError
   */
  async chat(chat: ChatCompletionCreateParamsStreaming, signal: AbortSignal): Promise<ReadChunks> {
    const answer = await this.#ask(this.#chatUrl, { body: chat, signal });
    if (answer.status >= 300) throw await this.#refusal(answer);
    return async (onChunk) => {
      const events = new EventData();
      const read = (line: string): 'end' | undefined => {
        // Before the empty line that ends the event, which some servers do not send.
        if (isDone(line)) return 'end';
        const chunk = chunkOf(events.read(line));
        if (chunk !== undefined) onChunk(chunk);
        return undefined;
      };
      let isOver = false;
      await answer.read((line) => {
        const end = read(line);
        isOver = end === 'end';
        return end;
      });
      // Some end without the empty line that ends an event.
      if (!isOver) read('');
    };
  }

  #ask(url: URL, question: Omit<ModelQuestion, 'headers'>): Promise<ModelAnswer> {
    return askModel(url, { ...question, headers: this.#headers }).catch((error: unknown) => {
      throw unreachable(this.who, error);
    });
  }

  async #refusal(answer: ModelAnswer): Promise<Error> {
    const { status, headers } = answer;
    const body = await refusalBody(answer).catch((error: unknown) => {
      throw brokenStream(this.who, error);
    });
    const remedy = movedTo(answer, this.#address.shown);
    if (remedy !== undefined)
      return httpFailure({ who: this.who, status, said: '', remedy, retryAfter: undefined });
    return refusalOf(status, body, headers['retry-after']);
  }

  #body(answer: ModelAnswer): Promise<string> {
    return wholeBody(answer).catch((error: unknown) => {
      throw brokenStream(this.who, error);
    });
  }
}

function isDone(line: string): boolean {
  return line.length < 100 && /^data: *\[DONE\]/.test(line);
}

/** Undefined for what is none. @throws what the server says instead of one */
function chunkOf(data: string | undefined): ChatCompletionChunk | undefined {
  if (data === undefined) return undefined;
  const chunk = JSON.parse(data) as (ChatCompletionChunk & { error?: unknown }) | null;
  if (chunk?.error) throw failureInStream(chunk.error);
  return chunk ?? undefined;
}
