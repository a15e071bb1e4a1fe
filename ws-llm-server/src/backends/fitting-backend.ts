/**
 * A backend whose conversations never grow too long for its model: whole turns go from the oldest, never the persona and never the last
 * turn, and it is asked again. Tells what had to go. The arithmetic is ContextFit's.
 */
import {
  type Backend,
  type BackendContext,
  BackendError,
  type BackendEvent,
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
    stream: (request, options) => fitting.stream(request, options),
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

  async *stream(
    request: BackendRequest,
    options: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    let fitted = this.#fit.fit(request);
    for (let attempt = 1; ; attempt += 1) {
      let begun = false;
      try {
        for await (const event of this.#inner.stream(fitted.request, options)) {
          if (event.type === 'finish') {
            if (event.usage !== undefined) this.#fit.answered(fitted, event.usage.promptTokens);
            if (fitted.droppedMessages > 0 && event.usage !== undefined) {
              yield { type: 'context', context: told(fitted, event.usage.promptTokens) };
            }
          } else if (!begun && fitted.droppedMessages > 0) {
            yield { type: 'context', context: told(fitted) };
          }
          begun = true;
          yield event;
        }
        return;
      } catch (error) {
        if (begun || options.signal.aborted) throw error;
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
