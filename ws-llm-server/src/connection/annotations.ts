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
  send: (frame: AnnotationFrame) => void;
}

interface EndedReply {
  persona: Persona;
  end: GenerationEnd;
  /** What it answered. */
  after: BackendRequest;
}

/** A feeling that is told later than this is no news. */
const timeoutMs = 10_000;

export class Annotations {
  readonly #options: AnnotationsOptions;
  /** By conversation. */
  readonly #running = new Map<string, AbortController>();

  constructor(options: AnnotationsOptions) {
    this.#options = options;
  }

  /** Finds out what the request wants to know of its reply, and tells it. */
  annotate(request: ChatFrame, { persona, end, after }: EndedReply): void {
    if (request.annotate?.includes('emotion') !== true || persona.emotions === undefined) return;
    if (end.type === 'failed' || end.reason === 'cancelled' || end.text === '') return;
    void this.#tellEmotion(request, persona, end.text, after);
  }

  /** Something new is said in the conversation of `request`. */
  stop(request: ChatFrame | WarmFrame): void {
    this.#stop(conversationOf(request));
  }

  end(): void {
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
