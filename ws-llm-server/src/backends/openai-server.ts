/**
 * One server that speaks OpenAI's API: its address, its key, and requests to it that fail as the SDK's errors. The SDK lists models and
 * names failures; the stream of a reply is read here, at half its cost (docs/decisions/0004-our-own-stream.md).
 */
import OpenAI, { APIConnectionError, APIError } from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions';
import { askModel, type ModelAnswer, textOf } from './ask-model.ts';
import { inEnvelope, withErrorEnvelope } from './error-envelope.ts';
import { EventData } from './event-data.ts';
import { modelFetch } from './model-fetch.ts';

export interface OpenAIServerOptions {
  /** Empty for servers that want none. */
  apiKey: string;
  /** With its `/v1`, where the server has one. */
  baseUrl: string;
}

export class OpenAIServer {
  readonly #client: OpenAI;
  readonly #chatUrl: URL;
  readonly #headers: Record<string, string>;

  constructor({ apiKey, baseUrl }: OpenAIServerOptions) {
    // The SDK insists on a key; servers that want none ignore it.
    const key = apiKey === '' ? 'none' : apiKey;
    this.#chatUrl = new URL(`${baseUrl.replace(/\/+$/, '')}/chat/completions`);
    this.#headers = { authorization: `Bearer ${key}` };
    this.#client = new OpenAI({
      apiKey: key,
      baseURL: baseUrl,
      fetch: async (input, init) => withErrorEnvelope(await modelFetch(input, init)),
      maxRetries: 0,
      // What the SDK would read from the environment by itself is the configuration's to say.
      organization: null,
      project: null,
      logLevel: 'off',
    });
  }

  /** @throws APIError */
  async models(signal: AbortSignal): Promise<OpenAI.Model[]> {
    return (await this.#client.models.list({ signal })).data;
  }

  /**
   * Leaves an open socket behind. What is answered tells nothing that is needed; a server that has no such path has a socket all the same.
   * @throws APIError
   */
  async touch(model: string, signal: AbortSignal): Promise<void> {
    await this.#client.models.retrieve(model, { signal }).catch((error: unknown) => {
      const answered = error instanceof APIError && [404, 405].includes(Number(error.status));
      if (!answered) throw error;
    });
  }

  /**
   * Asks, and resolves as soon as the answer begins with its chunks, those together that came together. One that cannot be read is thrown
   * when its turn comes.
   * @throws APIError
   */
  async chat(
    chat: ChatCompletionCreateParamsStreaming,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Iterable<ChatCompletionChunk>>> {
    const question = { body: chat, headers: this.#headers, signal };
    const answer = await askModel(this.#chatUrl, question).catch((cause: unknown) => {
      throw new APIConnectionError({ cause: cause as Error });
    });
    if (answer.status >= 300) throw await refusal(answer);
    return arrivals(answer);
  }
}

async function* arrivals({ lines }: ModelAnswer): AsyncGenerator<Iterable<ChatCompletionChunk>> {
  const events = new EventData();
  for await (const arrived of lines) yield chunksOf(arrived, events);
  // Some end without the empty line that ends an event.
  yield chunksOf([''], events);
}

function* chunksOf(lines: readonly string[], events: EventData): Generator<ChatCompletionChunk> {
  for (const line of lines) {
    const data = events.read(line);
    if (data === undefined || data.startsWith('[DONE]')) continue;
    const chunk = JSON.parse(data) as (ChatCompletionChunk & { error?: object }) | null;
    if (chunk === null) continue;
    // A failure inside a stream.
    if (chunk.error) throw new APIError(undefined, chunk.error, undefined, undefined);
    yield chunk;
  }
}

/** As the SDK would have it. */
async function refusal(answer: ModelAnswer): Promise<APIError> {
  const { status } = answer;
  const body = inEnvelope(await textOf(answer));
  const headers = new Headers();
  const { 'retry-after': retryAfter } = answer.headers;
  if (retryAfter !== undefined) headers.set('retry-after', retryAfter);
  try {
    return APIError.generate(status, JSON.parse(body) as object, undefined, headers);
  } catch {
    return APIError.generate(status, undefined, body, headers);
  }
}
