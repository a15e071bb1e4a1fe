/**
 * Notices when a request has taught something about a model that `ready` tells: its name, or whether it takes tools. One per server.
 * Knows no connection.
 */
import type { Backend } from '../backend.ts';

export class ModelNews {
  readonly #backend: Backend;
  readonly #onNews: () => void;
  /** What was known last, by the model that a persona names; as many as personas name. */
  readonly #known = new Map<string | undefined, string>();

  /** `onNews` hears of what is new, and once of each model when it is used first. */
  constructor(backend: Backend, onNews: () => void) {
    this.#backend = backend;
    this.#onNews = onNews;
  }

  /** After each request. `model`: its persona's own; undefined: the backend's. */
  check(model: string | undefined): void {
    const now = this.#describe(model);
    if (now === undefined || this.#known.get(model) === now) return;
    this.#known.set(model, now);
    this.#onNews();
  }

  /** Undefined where the backend fails at telling: that is no reason to fail a reply that has ended. */
  #describe(model: string | undefined): string | undefined {
    try {
      return `${this.#backend.takesTools?.(model)} ${model ?? this.#backend.model}`;
    } catch {
      return undefined;
    }
  }
}
