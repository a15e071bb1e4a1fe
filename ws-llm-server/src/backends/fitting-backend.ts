/**
 * A backend whose conversations never grow too long for its model: whole turns go from the oldest, never the persona and never the last
 * turn, and it is asked again. Tells what had to go. The arithmetic is ContextFit's.
 */
import {
  type Backend,
  type BackendContext,
  BackendError,
  type BackendListener,
  type BackendRequest,
  type BackendWarmth,
} from '../backend.ts';
import { ContextFit, type FittedRequest } from './context-fit.ts';
import { decorateBackend } from './decorate-backend.ts';

/** Each costs no more than a refusal; the last one leaves the last turn alone. */
const maxAttempts = 5;

export function withFittingContexts(inner: Backend): Backend {
  const fitting = new FittingBackend(inner);
  return decorateBackend(inner, {
    reply: (request, listener) => fitting.reply(request, listener),
    ...(inner.warm !== undefined && { warm: (request, options) => fitting.warm(request, options) }),
  });
}

class FittingBackend {
  readonly #inner: Backend;
  readonly #fit: ContextFit;

  constructor(inner: Backend) {
    this.#inner = inner;
    this.#fit = new ContextFit((model) => inner.contextTokens?.(model));
  }

  async reply(request: BackendRequest, { signal, onEvent }: BackendListener): Promise<void> {
    let fitted = this.#fit.fit(request);
    let hasBegun = false as boolean;
    const hear: typeof onEvent = (event) => {
      const counted = event.type === 'finish' ? event.usage?.promptTokens : undefined;
      if (counted !== undefined) this.#fit.answered(fitted, counted);
      const isNews = counted !== undefined || (!hasBegun && event.type !== 'finish');
      if (isNews && fitted.droppedMessages > 0) onEvent({ type: 'context', context: told(fitted, counted) });
      hasBegun = true;
      onEvent(event);
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#inner.reply(fitted.request, { signal, onEvent: hear });
      } catch (error) {
        if (hasBegun || signal.aborted) throw error;
        fitted = this.#shorten(request, fitted, error, attempt);
      }
    }
  }

  async warm(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth> {
    let fitted = this.#fit.fit(request);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const warmth = (await this.#inner.warm?.(fitted.request, options)) ?? {};
        if (warmth.prefilledTokens !== undefined) this.#fit.answered(fitted, warmth.prefilledTokens);
        return warmth;
      } catch (error) {
        if (options.signal.aborted) throw error;
        fitted = this.#shorten(request, fitted, error, attempt);
      }
    }
  }

  /** @throws what was thrown, where it is about something else or nothing more can go */
  #shorten(request: BackendRequest, refused: FittedRequest, error: unknown, attempt: number): FittedRequest {
    if (!(error instanceof BackendError) || error.code !== 'context_too_long' || attempt >= maxAttempts) {
      throw error;
    }
    const mostly = attempt === maxAttempts - 1;
    const shorter = this.#fit.shorten(request, refused, error.context ?? {}, mostly);
    if (shorter !== undefined) return shorter;
    const message = `Persona, tools and the last turn alone are too long for the model. ${error.message}`;
    throw new BackendError('context_too_long', message, {
      retryable: false,
      context: error.context,
      said: error.said,
      cause: error,
    });
  }
}

function told(
  { limitTokens, usedTokens, droppedMessages }: FittedRequest,
  counted = usedTokens,
): BackendContext {
  return { limitTokens, usedTokens: counted, droppedMessages };
}
