/** A reader that keeps what it is given, and notices what must never come: a second end, a part after the end. */
import type { ReplyEnd, ReplyPart, ReplySink } from '../src/index.ts';

export class RecordedReply implements ReplySink {
  readonly parts: ReplyPart[] = [];
  readonly ends: ReplyEnd[] = [];
  readonly late: (ReplyPart | ReplyEnd)[] = [];
  /** The first end. */
  readonly ended: Promise<ReplyEnd>;
  #resolve: (end: ReplyEnd) => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The text so far. */
  get text(): string {
    return this.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  part(part: ReplyPart): void {
    (this.ends.length === 0 ? this.parts : this.late).push(part);
  }

  end(end: ReplyEnd): void {
    if (this.ends.length > 0) this.late.push(end);
    else this.ends.push(end);
    this.#resolve(end);
  }
}
