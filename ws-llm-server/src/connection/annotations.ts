/**
 * What is found out about replies after their end, where their request asked for it. Never delays anything: what comes next in the same
 * conversation stops it.
 */
import type { AnnotationFrame, ChatFrame, WarmFrame } from '@ws-llm/protocol';
import type { Backend, BackendRequest } from '../backend.ts';
import type { Logger } from '../logger.ts';
import { classifyEmotion } from '../personas/emotion.ts';
import type { Persona } from '../personas/persona.ts';
import type { GenerationEnd } from '../reply/generation.ts';

export interface AnnotationsOptions {
  backend: Backend;
  logger: Logger;
  /** Counts a request to the model, or refuses it; an annotation is then left out. */
  takeRequest: () => boolean;
  giveRequest: () => void;
  send: (frame: AnnotationFrame) => void;
  /** Something failed by a fault of this server. */
  fail: (error: unknown) => void;
}

interface EndedReply {
  persona: Persona;
  end: GenerationEnd;
  /** What it answered. */
  after: BackendRequest;
}

/** Timeout of the emotion request; a later result is of no use to a UI. */
const timeoutMs = 10_000;

export class Annotations {
  readonly #options: AnnotationsOptions;
  /** By conversation. */
  readonly #running = new Map<string, AbortController>();
  #isClosed = false;

  constructor(options: AnnotationsOptions) {
    this.#options = options;
  }

  /** Questions to the model that are open now. */
  get open(): number {
    return this.#running.size;
  }

  /** Finds out what the request wants to know of its reply, and tells it. */
  annotate(request: ChatFrame, { persona, end, after }: EndedReply): void {
    if (request.annotate?.includes('emotion') !== true || persona.emotions === undefined) return;
    if (end.type === 'failed' || end.reason === 'cancelled' || end.text === '') return;
    if (this.#isClosed || !this.#options.takeRequest()) return;
    this.#tellEmotion(request, persona, end.text, after)
      .finally(() => this.#options.giveRequest())
      .catch((error: unknown) => this.#options.fail(error));
  }

  /** Begins no more; what runs may finish. */
  close(): void {
    this.#isClosed = true;
  }

  /** Something new is said in the conversation of `request`. */
  stop(request: ChatFrame | WarmFrame): void {
    this.#stop(conversationOf(request));
  }

  /** Begins no more, and ends what runs. */
  end(): void {
    this.#isClosed = true;
    for (const conversation of this.#running.keys()) this.#stop(conversation);
  }

  async #tellEmotion(
    request: ChatFrame,
    persona: Persona,
    said: string,
    after: BackendRequest,
  ): Promise<void> {
    const { backend, logger, send } = this.#options;
    const conversation = conversationOf(request);
    this.#stop(conversation);
    const abort = new AbortController();
    this.#running.set(conversation, abort);
    const { signal } = abort;
    const emotion = await classifyEmotion(backend, persona, said, { signal, timeoutMs, after, logger });
    if (signal.aborted) return;
    this.#running.delete(conversation);
    if (emotion !== undefined) send({ type: 'annotation', reply: request.id, emotion });
  }

  #stop(conversation: string): void {
    this.#running.get(conversation)?.abort();
    this.#running.delete(conversation);
  }
}

/** Those that stand alone are of no conversation but their own. */
function conversationOf({ id, thread, mirror }: ChatFrame | WarmFrame): string {
  if (mirror === undefined) return `thread ${thread ?? ''}`;
  return mirror.key === undefined ? `request ${id}` : `mirror ${mirror.key}`;
}
