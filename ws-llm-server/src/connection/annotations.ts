/**
 * What is found out about replies after their end, where their request asked for it. Never delays anything: what comes next in the same
 * conversation stops it.
 */
import type { AnnotationFrame } from '@ws-llm/protocol';
import type { Backend, BackendRequest } from '../backend.ts';
import type { Logger } from '../logger.ts';
import { classifyEmotion } from '../personas/emotion.ts';
import type { Persona } from '../personas/persona.ts';

export interface AnnotationsOptions {
  backend: Backend;
  logger: Logger;
  send: (frame: AnnotationFrame) => void;
}

export interface EndedReply {
  id: string;
  persona: Persona;
  said: string;
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

  /** Finds out how a reply feels, and tells it. `conversation`: what it belongs to, under any name. */
  async annotate(conversation: string, { id, persona, said, after }: EndedReply): Promise<void> {
    const { backend, logger, send } = this.#options;
    this.stop(conversation);
    const abort = new AbortController();
    this.#running.set(conversation, abort);
    const { signal } = abort;
    const emotion = await classifyEmotion(backend, persona, said, { signal, timeoutMs, after, logger });
    if (signal.aborted) return;
    this.#running.delete(conversation);
    if (emotion !== undefined) send({ type: 'annotation', reply: id, emotion });
  }

  /** Something new was said there. */
  stop(conversation: string): void {
    this.#running.get(conversation)?.abort();
    this.#running.delete(conversation);
  }

  end(): void {
    for (const conversation of [...this.#running.keys()]) this.stop(conversation);
  }
}
