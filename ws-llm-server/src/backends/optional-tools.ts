/**
 * A backend whose model answers without the persona's own tools where it takes none: a persona should not fall silent because its model
 * is a small one. What a client sends as tools is never left out. Knows no server's protocol, only what refusals say.
 */
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendRequest,
  type BackendWarmth,
} from '../backend.ts';
import { decorateBackend } from './decorate-backend.ts';

/** In the words of Ollama, vLLM, llama.cpp and others: a model "does not support tools", a server has to be started with an option. */
const saysNoTools =
  /(?:not support|unsupported|requires?|enable)\b.*\btool|\btools?\b.*(?:not support|unsupported|requires?|enable)/i;

export function withOptionalTools(inner: Backend): Backend {
  const tools = new OptionalTools(inner);
  return decorateBackend(inner, {
    stream: (request, options) => tools.stream(request, options),
    ...(inner.warm !== undefined && { warm: (request, options) => tools.warm(request, options) }),
  });
}

class OptionalTools {
  readonly #inner: Backend;
  /** Models that take none; an operator's few, for those that clients ask for are refused where they are not there. */
  readonly #without = new Set<string | undefined>();

  constructor(inner: Backend) {
    this.#inner = inner;
  }

  async *stream(
    request: BackendRequest,
    options: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    const asked = this.#fit(request);
    let begun = false;
    try {
      for await (const event of this.#inner.stream(asked, options)) {
        begun = true;
        yield event;
      }
    } catch (error) {
      if (begun || !this.#learns(asked, error)) throw error;
      yield* this.#inner.stream(this.#fit(asked), options);
    }
  }

  async warm(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth> {
    const asked = this.#fit(request);
    try {
      return (await this.#inner.warm?.(asked, options)) ?? {};
    } catch (error) {
      if (!this.#learns(asked, error)) throw error;
      return (await this.#inner.warm?.(this.#fit(asked), options)) ?? {};
    }
  }

  #fit(request: BackendRequest): BackendRequest {
    if (!this.#without.has(this.#modelOf(request)) || request.tools === undefined) return request;
    const { tools, toolChoice, ...rest } = request;
    const needed = tools.filter(({ isOptional = false }) => !isOptional);
    if (needed.length === 0) return rest;
    return { ...rest, tools: needed, ...(toolChoice !== undefined && { toolChoice }) };
  }

  /** Whether it is worth asking again. */
  #learns(asked: BackendRequest, error: unknown): boolean {
    const hasOptional = asked.tools?.some(({ isOptional = false }) => isOptional) ?? false;
    if (!hasOptional || !(error instanceof BackendError) || !saysNoTools.test(error.message)) return false;
    this.#without.add(this.#modelOf(asked));
    return true;
  }

  #modelOf({ model }: BackendRequest): string | undefined {
    return model ?? this.#inner.model;
  }
}
