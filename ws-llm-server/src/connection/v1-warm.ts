/**
 * One `warm` of a v1 client, from its frame to its terminal frame, of which it sends exactly one. Waits for nobody and is remembered
 * nowhere.
 */
import { isRetryableError, type Message, type ServerFrame, type WarmFrame } from '@ws-llm/protocol';
import { BackendError, type BackendRequest, type BackendWarmth } from '../backend.ts';
import { buildPrompt } from '../context/prompt.ts';
import type { Persona } from '../personas/persona.ts';
import { usageOf } from './chat-usage.ts';
import { guarded } from './client-socket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { deadlinesOf } from './deadlines.ts';
import type { Outbox } from './outbox.ts';
import type { Refusal } from './refusal.ts';
import { RequestTiming } from './request-timing.ts';
import { toWireError } from './wire-error.ts';

export interface V1WarmOptions {
  frame: WarmFrame;
  persona: Persona;
  context: ConnectionContext;
  outbox: Outbox;
  /** Once, after its terminal frame. */
  onEnd: () => void;
}

export class V1Warm {
  readonly #options: V1WarmOptions;
  readonly #timing = new RequestTiming();
  readonly #abort = new AbortController();
  #deadline: NodeJS.Timeout | undefined;
  #request: BackendRequest | undefined;
  #ended = false;

  constructor(options: V1WarmOptions) {
    this.#options = options;
  }

  /** Has the model read the whole list. At most once. */
  start(messages: readonly Message[]): void {
    const { frame, context } = this.#options;
    const { totalMs } = deadlinesOf(context.limits, frame.deadlines);
    this.#timing.begin();
    const late = guarded(context, () => {
      const message = `The model was not warm within ${totalMs} ms.`;
      this.#fail(new BackendError('backend_timeout', message, { retryable: true }));
    });
    this.#deadline = setTimeout(late, totalMs);
    void this.#warm(messages).then(
      guarded(context, ({ prefilledTokens }) => this.#warmed(prefilledTokens)),
      guarded(context, (error: unknown) => this.#fail(error)),
    );
  }

  /** It cannot be served. */
  refuse({ code, message }: Refusal): void {
    const { id } = this.#options.frame;
    this.#end({ type: 'error', id, code, message, retryable: isRetryableError(code) });
  }

  cancel(): void {
    const { frame, context } = this.#options;
    const { backend } = context;
    this.#end({
      type: 'complete',
      id: frame.id,
      finish_reason: 'cancelled',
      usage: usageOf(undefined, undefined),
      timing: this.#timing.end(),
      ...(backend.model !== undefined && { model: backend.model }),
      backend: backend.name,
    });
  }

  /** A backend that has nothing to warm is warm. */
  async #warm(messages: readonly Message[]): Promise<BackendWarmth> {
    const { frame, persona, context } = this.#options;
    this.#request = buildPrompt(persona, messages, frame);
    return (await context.backend.warm?.(this.#request, { signal: this.#abort.signal })) ?? {};
  }

  #warmed(prefilledTokens: number | undefined): void {
    this.#end({
      type: 'warmed',
      id: this.#options.frame.id,
      timing: this.#timing.end(),
      ...(prefilledTokens !== undefined && { prefilled_tokens: prefilledTokens }),
    });
  }

  #fail(error: unknown): void {
    // Whatever an aborted backend throws is of no interest.
    if (this.#ended) return;
    const { frame, context } = this.#options;
    this.#end({ type: 'error', id: frame.id, ...toWireError(error, context, { request: this.#request }) });
  }

  #end(frame: ServerFrame): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    try {
      this.#options.outbox.send(frame);
    } finally {
      this.#abort.abort();
      this.#options.onEnd();
    }
  }
}
