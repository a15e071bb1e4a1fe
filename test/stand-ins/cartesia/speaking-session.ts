/** Owns what is spoken on one socket: contexts in parallel, the pieces of one in order. No socket here. */
import { setTimeout as delay } from 'node:timers/promises';
import { durationMs, toFrames } from '../../real/parts/pcm.ts';
import { speak } from '../../real/parts/speech.ts';
import type { CancelRequest, GenerationRequest } from './generation-request.ts';

const CHUNK_MS = 100;

/** A transcript that was asked for. */
export interface SpokenTranscript {
  contextId: string;
  text: string;
  /** When it was asked for (`Date.now()`). */
  requestedAt: number;
}

interface SpeakingOptions {
  speed: number;
  send(message: object): void;
  onSpoken(transcript: SpokenTranscript): void;
}

interface Context {
  stop: AbortController;
  speaking: Promise<void>;
  spokenMs: number;
}

/** One listener's socket, until `end`. */
export class SpeakingSession {
  readonly #options: SpeakingOptions;
  readonly #contexts = new Map<string, Context>();
  #isEnded = false;

  constructor(options: SpeakingOptions) {
    this.#options = options;
  }

  take(request: GenerationRequest | CancelRequest): void {
    if (request.kind === 'cancel') {
      this.#contexts.get(request.contextId)?.stop.abort();
      this.#contexts.delete(request.contextId);
      return;
    }
    const context = this.#contextOf(request.contextId);
    const text = request.transcript.trim();
    if (text !== '') {
      this.#options.onSpoken({ contextId: request.contextId, text, requestedAt: Date.now() });
    }
    context.speaking = context.speaking
      .then(async () => {
        if (text !== '') await this.#speak(text, request, context);
        if (!request.isContinued) this.#finish(request.contextId, context);
      })
      .catch((error: unknown) => this.#fail(request.contextId, context, String(error)));
  }

  /** The listener is gone: whatever is being spoken stops. */
  end(): void {
    this.#isEnded = true;
    for (const { stop } of this.#contexts.values()) stop.abort();
  }

  #contextOf(id: string): Context {
    let context = this.#contexts.get(id);
    if (context === undefined) {
      context = { stop: new AbortController(), speaking: Promise.resolve(), spokenMs: 0 };
      this.#contexts.set(id, context);
    }
    return context;
  }

  async #speak(text: string, request: GenerationRequest, context: Context): Promise<void> {
    const { contextId, sampleRate } = request;
    const startedAt = performance.now();
    const pcm = await speakOnce(text, sampleRate);
    if (request.wantsTimestamps) this.#sendTimestamps(text, durationMs(pcm, sampleRate), contextId, context);
    context.spokenMs += durationMs(pcm, sampleRate);
    for (const chunk of toFrames(pcm, CHUNK_MS, sampleRate)) {
      this.#send(context, {
        type: 'chunk',
        data: chunk.toString('base64'),
        done: false,
        status_code: 206,
        step_time: performance.now() - startedAt,
        context_id: contextId,
      });
      await pause(CHUNK_MS / this.#options.speed, context.stop.signal);
      if (context.stop.signal.aborted) return;
    }
  }

  /** Words get shares of the time by their length, which is all that is known of them. */
  #sendTimestamps(text: string, length: number, contextId: string, context: Context): void {
    const words = text.split(/\s+/);
    const letters = words.reduce((sum, word) => sum + word.length, 0);
    const borders = [context.spokenMs / 1000];
    for (const word of words) borders.push(borders.at(-1)! + (length / 1000) * (word.length / letters));
    this.#send(context, {
      type: 'timestamps',
      done: false,
      status_code: 206,
      context_id: contextId,
      word_timestamps: { words, start: borders.slice(0, -1), end: borders.slice(1) },
    });
  }

  #finish(contextId: string, context: Context): void {
    this.#contexts.delete(contextId);
    this.#send(context, { type: 'done', done: true, status_code: 200, context_id: contextId });
  }

  #fail(contextId: string, context: Context, error: string): void {
    this.#contexts.delete(contextId);
    this.#send(context, { type: 'error', done: true, error, status_code: 500, context_id: contextId });
  }

  #send(context: Context, message: object): void {
    if (!this.#isEnded && !context.stop.signal.aborted) this.#options.send(message);
  }
}

const spokenBefore = new Map<string, Promise<Buffer>>();

/** The same words are the same sound, and take no time when they are said again. */
function speakOnce(text: string, sampleRate: number): Promise<Buffer> {
  const key = `${sampleRate} ${text}`;
  const pcm = spokenBefore.get(key) ?? speak(text, sampleRate);
  spokenBefore.set(key, pcm);
  return pcm;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    // The one reason to reject is the signal, at which the caller looks next.
  }
}
