/**
 * Limits the tool calls of one reply: they are kept until the reply ends, and each may run code.
 * One per reply.
 */
import { TooLongError } from './too-long.ts';

const maxCalls = 128;
/** Total of names, ids and arguments, in UTF-16 units. */
const maxCallChars = 1024 * 1024;

export class CallLimits {
  #calls = 0;
  #chars = 0;

  /** @throws TooLongError */
  addCall(): void {
    this.#calls += 1;
    if (this.#calls > maxCalls) throw new TooLongError('a reply', maxCalls, 'tool calls');
  }

  /** @throws TooLongError */
  addChars(...texts: (string | null | undefined)[]): void {
    for (const text of texts) this.#chars += text?.length ?? 0;
    if (this.#chars > maxCallChars) throw new TooLongError('a reply with tool calls', maxCallChars);
  }
}
