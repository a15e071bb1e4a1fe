/**
 * A backend whose model answers without the persona's own tools where it takes none: a persona should not fall silent because its model
 * is a small one. A client's tools are never left out. Learns from refusals which models take none,
 * and trusts that for ten minutes: the model server may be restarted with another configuration.
 */
import {
  type Backend,
  BackendError,
  type BackendListener,
  type BackendRequest,
  type BackendWarmth,
} from '../backend.ts';
import { BoundedMap } from './bounded-map.ts';
import { boundMethod } from './bound-method.ts';
import { decorateBackend } from './decorate-backend.ts';
import { trustedMs } from './learnt-limits.ts';
import { refusesTools } from './tools-refusal.ts';

export function withOptionalTools(inner: Backend): Backend {
  const tools = new OptionalTools(inner);
  const pull = boundMethod(inner, 'pull');
  const load = boundMethod(inner, 'load');
  return decorateBackend(inner, {
    ...(pull !== undefined && {
      pull: async (model, listener) => {
        await pull(model, listener);
        tools.forget(model);
      },
    }),
    ...(load !== undefined && {
      load: async (model, options) => {
        await load(model, options);
        tools.forget(model);
      },
    }),
    takesTools: (model) => tools.takesTools(model),
    reply: (request, listener) => tools.reply(request, listener),
    ...(inner.warm !== undefined && { warm: (request, options) => tools.warm(request, options) }),
  });
}

class OptionalTools {
  readonly #inner: Backend;
  /** Models that take no tools, and until when that is trusted, in `performance.now()` time. */
  readonly #without = new BoundedMap<number>();

  constructor(inner: Backend) {
    this.#inner = inner;
  }

  /** What a refusal has taught counts for more than what is told: a server may be unable where its model is not. */
  takesTools(model: string | undefined): boolean | undefined {
    const until = this.#without.get(this.#keyOf(model)) ?? -Infinity;
    return performance.now() < until ? false : this.#inner.takesTools?.(model);
  }

  /** Called after the model was loaded or pulled. */
  forget(model: string): void {
    this.#without.delete(model);
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

  #keyOf(model: string | undefined): string {
    return model ?? this.#inner.model ?? '';
  }

  /**
   * The request without tools that the model is known to refuse.
   * @throws BackendError `bad_request`, see withoutOptional
   */
  #fit(request: BackendRequest): BackendRequest {
    return this.takesTools(request.model) === false ? withoutOptional(request) : request;
  }

  /**
   * The request to ask with instead, after `error` has taught that the model takes no tools.
   * @throws `error` where it says something else; BackendError `bad_request` where the tools that are left were asked for
   */
  #concede(asked: BackendRequest, error: unknown): BackendRequest {
    const { model, tools = [] } = asked;
    if (tools.length === 0 || !(error instanceof BackendError) || !refusesTools(error.said ?? error.message))
      throw error;
    this.#without.set(this.#keyOf(model), performance.now() + trustedMs);
    if (tools.some(({ isOptional = false }) => isOptional)) return withoutOptional(asked);
    const { message, said } = error;
    throw new BackendError('bad_request', message, { retryable: false, said, cause: error });
  }
}

/** @throws BackendError `bad_request` if `toolChoice` demands a tool that is left out */
function withoutOptional(request: BackendRequest): BackendRequest {
  const { tools = [], toolChoice, ...rest } = request;
  const needed = tools.filter(({ isOptional = false }) => !isOptional);
  const isDemanded =
    toolChoice === 'required'
      ? needed.length === 0 && tools.length > 0
      : typeof toolChoice === 'object' && !needed.some(({ name }) => name === toolChoice.name);
  if (isDemanded) {
    const message =
      'tool_choice: the model takes no tools, so it cannot be made to call one. Send "auto", or choose another model.';
    throw new BackendError('bad_request', message, { retryable: false });
  }
  if (needed.length === 0) return rest;
  return { ...rest, tools: needed, ...(toolChoice !== undefined && { toolChoice }) };
}
