/**
 * How much a model has written in one reply, each kind by itself: a model that thinks for ever must end as one that talks for ever does.
 * In UTF-16 units; knows no limit.
 */
import type { GenerationPart } from './generation.ts';

export class ReplyLength {
  readonly #byKind: Record<GenerationPart['type'], number> = {
    text: 0,
    reasoning: 0,
    tool_call: 0,
    persona_frame: 0,
  };

  /** Of every kind together. */
  get chars(): number {
    return Object.values(this.#byKind).reduce((sum, chars) => sum + chars, 0);
  }

  /** Counts `part`; returns how much of its kind there has been, with it. */
  add(part: GenerationPart): number {
    this.#byKind[part.type] += charsOf(part);
    return this.#byKind[part.type];
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
