/**
 * A backend whose model is warmed only while it has nothing else to do, and by each prefix once: who asks for the same joins. A chat
 * never waits for a warming here; a model server that takes one request at a time makes it wait, and has read its prefix by then.
 */
import type { Backend, BackendListener, BackendRequest, BackendWarmth } from '../backend.ts';
import { boundMethod } from './bound-method.ts';
import { decorateBackend } from './decorate-backend.ts';
import { SharedTask } from './shared-task.ts';
import { unlessAborted } from './unless-aborted.ts';

type Warm = NonNullable<Backend['warm']>;

/** So long a prefix that was read counts as read, where no chat has run since; whatever runs beside us may have displaced it. */
const warmForMs = 30_000;

export function withIdleWarming(inner: Backend): Backend {
  const warm = boundMethod(inner, 'warm');
  if (warm === undefined) return inner;
  const unload = boundMethod(inner, 'unload');
  const warming = new IdleWarming(inner, warm);
  return decorateBackend(inner, {
    ...(unload !== undefined && {
      unload: async (...asked) => {
        await unload(...asked);
        warming.forget();
      },
    }),
    reply: (request, listener) => warming.reply(request, listener),
    warm: (request, options) => warming.warm(request, options),
  });
}

class IdleWarming {
  readonly #inner: Backend;
  readonly #warm: Warm;
  readonly #running = new Map<string, SharedTask<BackendWarmth>>();
  readonly #waitingForIdle: (() => void)[] = [];
  #chats = 0;
  #isWarming = false;
  #last: { key: string; warmth: BackendWarmth; until: number } | undefined;

  constructor(inner: Backend, warm: Warm) {
    this.#inner = inner;
    this.#warm = warm;
  }

  async reply(request: BackendRequest, listener: BackendListener): Promise<void> {
    const { signal } = listener;
    let open = true;
    this.#chats += 1;
    this.#last = undefined;
    const end = (): void => {
      if (!open) return;
      open = false;
      this.#chats -= 1;
      this.#next();
    };
    // A backend may be slow to notice.
    signal.addEventListener('abort', end, { once: true });
    try {
      await this.#inner.reply(request, listener);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  async warm(request: BackendRequest, { signal }: { signal: AbortSignal }): Promise<BackendWarmth> {
    const key = JSON.stringify(request);
    if (this.#last?.key === key && performance.now() < this.#last.until) return this.#last.warmth;
    const running = this.#running.get(key);
    if (running !== undefined && !running.abandoned) return running.join(signal);
    const task: SharedTask<BackendWarmth> = new SharedTask((taskSignal) =>
      this.#run(key, request, taskSignal).finally(() => {
        if (this.#running.get(key) === task) this.#running.delete(key);
      }),
    );
    this.#running.set(key, task);
    return task.join(signal);
  }

  /** A model that left memory has read nothing. */
  forget(): void {
    this.#last = undefined;
  }

  async #run(key: string, request: BackendRequest, signal: AbortSignal): Promise<BackendWarmth> {
    await this.#turn(signal);
    try {
      const warmth = await this.#warm(request, { signal });
      if (this.#chats === 0) this.#last = { key, warmth, until: performance.now() + warmForMs };
      return warmth;
    } finally {
      this.#isWarming = false;
      this.#next();
    }
  }

  /** Resolves when the model is idle and this warming's; rejects when nobody waits for it any more. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#chats === 0 && !this.#isWarming && this.#waitingForIdle.length === 0) {
      this.#isWarming = true;
      return;
    }
    let go: (() => void) | undefined;
    const idle = new Promise<void>((resolve) => {
      go = resolve;
      this.#waitingForIdle.push(resolve);
    });
    try {
      await unlessAborted(idle, signal);
    } catch (error) {
      const place = go === undefined ? -1 : this.#waitingForIdle.indexOf(go);
      if (place >= 0) this.#waitingForIdle.splice(place, 1);
      else this.#leaveTurn();
      throw error;
    }
  }

  /** The turn came in the same moment as the abort. */
  #leaveTurn(): void {
    this.#isWarming = false;
    this.#next();
  }

  #next(): void {
    if (this.#chats > 0 || this.#isWarming) return;
    const go = this.#waitingForIdle.shift();
    if (go === undefined) return;
    this.#isWarming = true;
    go();
  }
}
