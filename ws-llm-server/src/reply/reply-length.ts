/**
 * How much a model has written in one reply, each kind by itself: a model that thinks for ever must end as one that talks for ever does.
 * In UTF-16 units; knows no limit.
 */
import type { GenerationPart } from './generation.ts';

export class ReplyLength {
  readonly #byKind = new Map<GenerationPart['type'], number>();

  /** Of every kind together. */
  get chars(): number {
    return [...this.#byKind.values()].reduce((sum, chars) => sum + chars, 0);
  }

  /** Counts `part`; returns how much of its kind there has been, with it. */
  add(part: GenerationPart): number {
    const chars = (this.#byKind.get(part.type) ?? 0) + charsOf(part);
    this.#byKind.set(part.type, chars);
    return chars;
  }
}

function charsOf(part: GenerationPart): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text.length;
    case 'tool_call':
      return part.call.name.length + part.call.arguments.length;
    case 'persona_frame':
      return JSON.stringify(part.args).length;
  }
}
