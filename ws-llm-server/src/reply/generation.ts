/**
 * One reply: runs it under its deadlines and hands on what comes, then exactly one end.
 * Knows nothing of sockets, frames or memory. The law of termination (PROTOCOL.md, section 3) is kept here: `#end` runs once,
 * and nothing passes after it, whatever the backend still does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type BackendContext, BackendError, type BackendToolCall } from '../backend.ts';
import type { ToolUse } from '../context/exchanges.ts';
import type { GenerationEnd, Outcome } from './generation-end.ts';
import { ReplyLength } from './reply-length.ts';
import type { ReplyEvent, ReplyListener } from './tool-rounds.ts';

export type { GenerationEnd } from './generation-end.ts';

/** In milliseconds. */
export interface Deadlines {
  /** From the start to the first content. */
  firstTokenMs: number;
  /** Between two pieces of content. */
  idleMs: number;
  /** From the start to the end. */
  totalMs: number;
}

export type GenerationPart = Exclude<
  ReplyEvent,
  { type: 'finish' | 'progress' | 'context' | 'answering' | 'tool_started' | 'tool_uses' }
>;

/** Takes from a text what should not reach the client, piece by piece; it may hold back some until it knows what follows. */
interface TextFilter {
  push(text: string): string;
  /** What was held back. */
  end(): string;
}

export interface GenerationOptions {
  /** Asks the model; again where an attempt failed before anything came. Rejects with BackendError. */
  reply: (listener: ReplyListener) => Promise<void>;
  deadlines: Deadlines;
  /** Default: text is handed on as it comes. */
  filter?: TextFilter | undefined;
  /** How much of its text a model may write, in UTF-16 units, and how much of each other kind; past it the reply ends with `length`. */
  maxChars: number;
  /** Must not throw, nor must `onEnd`: timers and backends call them. */
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
  /** Something came that a second attempt would do again. */
  #begun = false;
  #text = '';
  readonly #length = new ReplyLength();
  readonly #toolCalls: BackendToolCall[] = [];
  readonly #toolUses: ToolUse[] = [];
  #finish: Extract<ReplyEvent, { type: 'finish' }> | undefined;
  #answering: Extract<ReplyEvent, { type: 'answering' }> | undefined;
  #context: BackendContext | undefined;
  #firstTokenMs: number | undefined;

  /** Its deadlines run from now on. */
  constructor(options: GenerationOptions) {
    this.#options = options;
    const { firstTokenMs, totalMs } = options.deadlines;
    this.#silenceTimer = this.#deadline(firstTokenMs, 'The model did not begin to answer');
    this.#totalTimer = this.#deadline(totalMs, 'The model did not finish its answer');
  }

  /** Asks the model; once, and by whoever is ready for the end: a backend may say all of its reply while it is asked. */
  start(): void {
    void this.#run();
  }

  /** Ends the reply as `cancelled` and closes the request to the model. No-op once ended. */
  cancel(): void {
    this.#stop({ type: 'finished', reason: 'cancelled' });
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const onEvent = (event: ReplyEvent): void => this.#hear(event);
    for (let attempt = 1; !this.#ended; attempt += 1) {
      try {
        await this.#options.reply({ signal, onEvent });
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

  #hear(event: ReplyEvent): void {
    // An abort reaches a backend when it next looks; what it still says is dropped here.
    if (this.#ended) return;
    try {
      this.#take(event);
    } catch (error) {
      // A fault of ours is not the model's.
      this.#fail(error);
    }
  }

  #take(event: ReplyEvent): void {
    if (!isPreliminary(event)) this.#begun = true;
    switch (event.type) {
      case 'progress':
        this.#silenceTimer.refresh();
        return;
      case 'context':
        this.#context = event.context;
        return;
      case 'answering':
        this.#answering = event;
        return;
      case 'tool_started':
        return;
      case 'tool_uses':
        this.#toolUses.push(...event.uses);
        return;
      case 'text':
      case 'reasoning':
      case 'tool_call':
      case 'persona_frame':
        return this.#takePart(event);
      case 'finish':
        this.#say(this.#heldBack());
        this.#finish = event;
        // Without an abort: the request to the model is over, and its socket goes back to the pool.
        return this.#end({ type: 'finished', reason: event.reason });
    }
  }

  #takePart(part: GenerationPart): void {
    // Before any filter: what is not said takes its time as well.
    const isPast = this.#length.add(part) > this.#options.maxChars;
    switch (part.type) {
      case 'text': {
        const text = this.#options.filter?.push(part.text) ?? part.text;
        this.#say(isPast ? text + this.#heldBack() : text);
        break;
      }
      case 'tool_call':
        this.#say(this.#heldBack());
        this.#toolCalls.push(part.call);
        this.#handOn(part);
        break;
      case 'reasoning':
      case 'persona_frame':
        this.#handOn(part);
    }
    if (isPast) this.#stop({ type: 'finished', reason: 'length' });
  }

  #say(text: string): void {
    // All of it was filtered, or is held back: a sign of life.
    if (text === '') return void this.#silenceTimer.refresh();
    this.#text += text;
    this.#handOn({ type: 'text', text });
  }

  #heldBack(): string {
    return this.#options.filter?.end() ?? '';
  }

  #handOn(part: GenerationPart): void {
    const { deadlines, onPart } = this.#options;
    if (this.#firstTokenMs === undefined) {
      this.#firstTokenMs = performance.now() - this.#startedAt;
      clearTimeout(this.#silenceTimer);
      this.#silenceTimer = this.#deadline(deadlines.idleMs, 'The model stopped in the middle of its answer');
    } else {
      this.#silenceTimer.refresh();
    }
    onPart(part);
  }

  /** Only while nothing was handed on, only for what may pass, only if the deadline leaves time: otherwise undefined. */
  #pauseBeforeRetry(error: unknown, attempt: number): number | undefined {
    if (!(error instanceof BackendError) || !error.retryable) return undefined;
    if (this.#begun || attempt >= maxAttempts) return undefined;
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
    this.#stop({ type: 'failed', error });
  }

  /** Ends it against the backend's will: the end first, then the request to the model. */
  #stop(outcome: Outcome): void {
    if (this.#ended) return;
    this.#end(outcome);
    this.#abort.abort();
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#totalTimer);
    this.#options.onEnd({
      ...outcome,
      text: this.#text,
      chars: this.#length.chars,
      toolCalls: this.#toolCalls,
      toolUses: this.#toolUses,
      usage: this.#finish?.usage,
      context: this.#context,
      backend: this.#answering?.backend,
      model: this.#finish?.model ?? this.#answering?.model,
      firstTokenMs: this.#firstTokenMs,
    });
  }
}

/** What a second attempt may say again. */
function isPreliminary({ type }: ReplyEvent): boolean {
  return type === 'progress' || type === 'context' || type === 'answering';
}
