/**
 * A backend that is not ours, held to the contract of `Backend` and helped to keep it: ids for calls, reasoning that was written into
 * text, a finish that fits, errors by their meaning. Knows nothing of where it came from.
 */
import { randomUUID } from 'node:crypto';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendFinishReason,
  type BackendListener,
  type BackendRequest,
  type BackendToolCall,
} from '../backend.ts';
import { boundMethod } from './bound-method.ts';
import { decorateBackend } from './decorate-backend.ts';
import { toBackendError } from './foreign-error.ts';
import { InlineReasoning } from './inline-reasoning.ts';

type Finish = Extract<BackendEvent, { type: 'finish' }>;

const finishReasons: readonly unknown[] = ['stop', 'length', 'tool_calls', 'content_filter'];

export function heldToContract(inner: Backend): Backend {
  const warm = boundMethod(inner, 'warm');
  const models = boundMethod(inner, 'models');
  const pull = boundMethod(inner, 'pull');
  const load = boundMethod(inner, 'load');
  const unload = boundMethod(inner, 'unload');
  const mended = async <T>(run: () => Promise<T>, hasBegun = false): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw await toBackendError(inner.name, error, hasBegun);
    }
  };
  return decorateBackend(inner, {
    reply: (request, listener) => mendedReply(inner, request, listener),
    ...(warm !== undefined && {
      // Not every one of them returns what it achieved.
      warm: (...asked) => mended(async () => (await warm(...asked)) ?? {}),
    }),
    ...(models !== undefined && { models: (...asked) => mended(() => models(...asked)) }),
    ...(load !== undefined && { load: (...asked) => mended(() => load(...asked)) }),
    ...(unload !== undefined && { unload: (...asked) => mended(() => unload(...asked)) }),
    ...(pull !== undefined && { pull: (...asked) => mended(() => pull(...asked), true) }),
  });
}

/** Over with its finish, or when its promise says so; what is told later is dropped. */
async function mendedReply(
  inner: Backend,
  request: BackendRequest,
  { signal, onEvent }: BackendListener,
): Promise<void> {
  const mending = new MendedEvents(inner.name, request, onEvent);
  const stop = new AbortController();
  let hasBegun = false as boolean;
  let isOver = false as boolean;
  const over = new Promise<void>((resolve, reject) => {
    const hear = (event: BackendEvent): void => {
      if (isOver) return;
      hasBegun = true;
      try {
        mending.read(event);
        if (event.type !== 'finish') return;
        isOver = true;
        resolve();
      } catch (error) {
        isOver = true;
        // Not thrown: it may be a timer or a socket that tells, and nobody would catch it there.
        reject(error);
        stop.abort();
      }
    };
    const listener = { signal: AbortSignal.any([signal, stop.signal]), onEvent: hear };
    Promise.resolve(inner.reply(request, listener)).then(resolve, reject);
  });
  try {
    await over;
  } catch (error) {
    isOver = true;
    throw await toBackendError(inner.name, error, hasBegun);
  }
  // Without a finish it may be asked again, and what it has begun must not go on beside that.
  if (!isOver) stop.abort();
  isOver = true;
}

/** Each event as the contract wants it. One per reply. */
class MendedEvents {
  readonly #name: string;
  readonly #maxCalls: number;
  readonly #onEvent: BackendListener['onEvent'];
  readonly #words: InlineReasoning;
  #calls = 0;

  constructor(
    name: string,
    { parallelToolCalls = true }: BackendRequest,
    onEvent: BackendListener['onEvent'],
  ) {
    this.#name = name;
    this.#maxCalls = parallelToolCalls ? Infinity : 1;
    this.#onEvent = onEvent;
    this.#words = new InlineReasoning(onEvent);
  }

  /** @throws BackendError for what is no event */
  read(event: BackendEvent): void {
    switch (event.type) {
      case 'text':
        return this.#words.read(event.text);
      case 'tool_call':
        if (this.#calls >= this.#maxCalls) return;
        this.#calls += 1;
        this.#words.flush();
        return this.#onEvent({ type: 'tool_call', call: toCall(event.call) });
      case 'finish':
        this.#words.flush();
        return this.#onEvent(toFinish(event, this.#calls > 0));
      case 'reasoning':
      case 'progress':
      case 'context':
      case 'answering':
        return this.#onEvent(event);
    }
    const { type } = event satisfies never as { type: unknown };
    throw new BackendError('backend_failed', `${this.#name} told of an event of type ${String(type)}`, {
      retryable: false,
    });
  }
}

/** Some models' servers give calls no ids, and arguments as an object. */
function toCall({ id, name, arguments: args }: BackendToolCall): BackendToolCall {
  const given: unknown = args;
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return { id: id || `call_${randomUUID()}`, name, arguments: text || '{}' };
}

/** Nothing is believed to have been counted that is not a number. */
function toFinish({ reason, usage, model }: Finish, called: boolean): Finish {
  const known: BackendFinishReason = finishReasons.includes(reason) ? reason : 'stop';
  const isCounted = Number.isFinite(usage?.promptTokens) && Number.isFinite(usage?.completionTokens);
  return {
    type: 'finish',
    reason: called && known === 'stop' ? 'tool_calls' : known,
    ...(usage !== undefined && isCounted && { usage }),
    ...(model !== undefined && { model }),
  };
}
