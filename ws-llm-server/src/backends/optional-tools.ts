/**
 * A backend whose model answers without the persona's own tools where it takes none: a persona should not fall silent because its model
 * is a small one. What a client sends as tools is never left out. Learns from refusals which models take none. Knows no server's protocol.
 */
import {
  type Backend,
  BackendError,
  type BackendListener,
  type BackendRequest,
  type BackendWarmth,
} from '../backend.ts';
import { decorateBackend } from './decorate-backend.ts';
import { refusesTools } from './tools-refusal.ts';

export function withOptionalTools(inner: Backend): Backend {
  const tools = new OptionalTools(inner);
  return decorateBackend(inner, {
    takesTools: (model) => tools.takesTools(model),
    reply: (request, listener) => tools.reply(request, listener),
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

  /** What a refusal has taught counts for more than what is told: a server may be unable where its model is not. */
  takesTools(model: string | undefined): boolean | undefined {
    return this.#without.has(model ?? this.#inner.model) ? false : this.#inner.takesTools?.(model);
  }

  async reply(request: BackendRequest, { signal, onEvent }: BackendListener): Promise<void> {
    let asked = this.#fit(request);
    let hasBegun = false as boolean;
    const hear: typeof onEvent = (event) => {
      hasBegun = true;
      onEvent(event);
    };
    for (;;) {
      try {
        return await this.#inner.reply(asked, { signal, onEvent: hear });
      } catch (error) {
        if (hasBegun || signal.aborted) throw error;
        asked = this.#concede(asked, error);
      }
    }
  }

  async warm(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth> {
    let asked = this.#fit(request);
    for (;;) {
      try {
        return (await this.#inner.warm?.(asked, options)) ?? {};
      } catch (error) {
        asked = this.#concede(asked, error);
      }
    }
  }

  /** Without what the model is known to refuse, and the reply can do without. */
  #fit(request: BackendRequest): BackendRequest {
    return this.takesTools(request.model) === false ? withoutOptional(request) : request;
  }

  /**
   * The request to ask with instead, after `error` has taught that the model takes no tools.
   * @throws `error` where it says something else; BackendError `bad_request` where the tools that are left were asked for
   */
  #concede(asked: BackendRequest, error: unknown): BackendRequest {
    const { model, tools = [] } = asked;
    if (tools.length === 0 || !(error instanceof BackendError) || !refusesTools(error.message)) throw error;
    this.#without.add(model ?? this.#inner.model);
    if (tools.some(({ isOptional = false }) => isOptional)) return withoutOptional(asked);
    throw new BackendError('bad_request', error.message, { retryable: false, cause: error });
  }
}

function withoutOptional(request: BackendRequest): BackendRequest {
  const { tools = [], toolChoice, ...rest } = request;
  const needed = tools.filter(({ isOptional = false }) => !isOptional);
  if (needed.length === 0) return rest;
  return { ...rest, tools: needed, ...(toolChoice !== undefined && { toolChoice }) };
}
