/**
 * One reply: runs one stream of a backend under its deadlines and hands on what comes, then exactly one end.
 * Knows nothing of sockets, frames or memory. The law of termination (PROTOCOL.md, section 3) is kept here: `#end` runs once,
 * and nothing passes after it, whatever the backend still does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Backend,
  type BackendContext,
  BackendError,
  type BackendEvent,
  type BackendFinishReason,
  type BackendRequest,
  type BackendToolCall,
  type BackendUsage,
} from './backend.ts';

/** In milliseconds. */
export interface Deadlines {
  /** From the start to the first content. */
  firstTokenMs: number;
  /** Between two pieces of content. */
  idleMs: number;
  /** From the start to the end. */
  totalMs: number;
}

export type GenerationPart = Exclude<BackendEvent, { type: 'finish' | 'progress' | 'context' }>;

/** What a reply was when it ended. */
export interface GenerationRecord {
  /** All text that was handed on. */
  text: string;
  toolCalls: BackendToolCall[];
  /** What the model counted; undefined where it told nothing. */
  usage: BackendUsage | undefined;
  /** What had to go so that the request fitted the model; undefined where nothing had to. */
  context: BackendContext | undefined;
  /** Who answered, where only the answer tells. */
  backend: string | undefined;
  model: string | undefined;
  /** From the start to the first content, in milliseconds; undefined where none came. */
  firstTokenMs: number | undefined;
}

export type GenerationEnd = GenerationRecord &
  ({ type: 'finished'; reason: BackendFinishReason | 'cancelled' } | { type: 'failed'; error: unknown });

export interface GenerationOptions {
  backend: Backend;
  request: BackendRequest;
  deadlines: Deadlines;
  /** Longest text of a reply, in UTF-16 units; past it the reply ends with `length`. */
  maxChars: number;
  onPart: (part: GenerationPart) => void;
  /** Exactly once, last. */
  onEnd: (end: GenerationEnd) => void;
}

/** Attempts before the first content, and the pause before the second, which doubles. */
const maxAttempts = 3;
const firstPauseMs = 200;
/** Longer than this nobody waits in silence: the client is told, and when to ask again. */
const maxPauseMs = 1_000;

export class Generation {
  readonly #options: GenerationOptions;
  readonly #abort = new AbortController();
  readonly #startedAt = performance.now();
  readonly #totalTimer: NodeJS.Timeout;
  #silenceTimer: NodeJS.Timeout;
  #ended = false;
  #text = '';
  readonly #toolCalls: BackendToolCall[] = [];
  #finish: Extract<BackendEvent, { type: 'finish' }> | undefined;
  #context: BackendContext | undefined;
  #firstTokenMs: number | undefined;

  /** Starts at once. */
  constructor(options: GenerationOptions) {
    this.#options = options;
    const { firstTokenMs, totalMs } = options.deadlines;
    this.#silenceTimer = this.#deadline(firstTokenMs, 'The model did not begin to answer');
    this.#totalTimer = this.#deadline(totalMs, 'The model did not finish its answer');
    void this.#run();
  }

  /** Ends the reply as `cancelled` and closes the request to the model. No-op once ended. */
  cancel(): void {
    this.#stop((record) => ({ type: 'finished', reason: 'cancelled', ...record }));
  }

  async #run(): Promise<void> {
    const { backend, request } = this.#options;
    const { signal } = this.#abort;
    for (let attempt = 1; !this.#ended; attempt += 1) {
      try {
        for await (const event of backend.stream(request, { signal })) {
          // An abort reaches a backend when it next looks; what it still yields is dropped here.
          if (this.#ended) return;
          this.#take(event);
        }
        if (this.#ended) return;
        throw new BackendError('backend_failed', "The model's stream broke off before its end. Try again.", {
          retryable: true,
        });
      } catch (error) {
        if (this.#ended) return;
        const pauseMs = this.#pauseBeforeRetry(error, attempt);
        if (pauseMs === undefined) return this.#fail(error);
        await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #take(event: BackendEvent): void {
    if (event.type === 'finish') {
      this.#finish = event;
      const { reason } = event;
      // Without an abort: the request to the model is over, and its socket goes back to the pool.
      return this.#end((record) => ({ type: 'finished', reason, ...record }));
    }
    if (event.type === 'progress') {
      this.#silenceTimer.refresh();
      return;
    }
    if (event.type === 'context') {
      this.#context = event.context;
      return;
    }
    const { deadlines, maxChars, onPart } = this.#options;
    if (this.#firstTokenMs === undefined) {
      this.#firstTokenMs = performance.now() - this.#startedAt;
      clearTimeout(this.#silenceTimer);
      this.#silenceTimer = this.#deadline(deadlines.idleMs, 'The model stopped in the middle of its answer');
    } else {
      this.#silenceTimer.refresh();
    }
    if (event.type === 'text') this.#text += event.text;
    if (event.type === 'tool_call') this.#toolCalls.push(event.call);
    onPart(event);
    if (this.#text.length > maxChars)
      this.#stop((record) => ({ type: 'finished', reason: 'length', ...record }));
  }

  /** Only while nothing was handed on, only for what may pass, only if the deadline leaves time: otherwise undefined. */
  #pauseBeforeRetry(error: unknown, attempt: number): number | undefined {
    if (!(error instanceof BackendError) || !error.retryable) return undefined;
    if (this.#firstTokenMs !== undefined || attempt >= maxAttempts) return undefined;
    const pauseMs = Math.max(error.retryAfterMs ?? 0, firstPauseMs * 2 ** (attempt - 1));
    if (pauseMs > maxPauseMs) return undefined;
    const spentMs = performance.now() - this.#startedAt;
    return spentMs + pauseMs < this.#options.deadlines.firstTokenMs ? pauseMs : undefined;
  }

  #deadline(afterMs: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.#fail(new BackendError('backend_timeout', `${what} within ${afterMs} ms.`, { retryable: true }));
    }, afterMs);
  }

  #fail(error: unknown): void {
    this.#stop((record) => ({ type: 'failed', error, ...record }));
  }

  /** Ends it against the backend's will: the end first, then the request to the model. */
  #stop(make: (record: GenerationRecord) => GenerationEnd): void {
    if (this.#ended) return;
    this.#end(make);
    this.#abort.abort();
  }

  #end(make: (record: GenerationRecord) => GenerationEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#totalTimer);
    this.#options.onEnd(
      make({
        text: this.#text,
        toolCalls: this.#toolCalls,
        usage: this.#finish?.usage,
        context: this.#context,
        backend: this.#finish?.backend,
        model: this.#finish?.model,
        firstTokenMs: this.#firstTokenMs,
      }),
    );
  }
}
