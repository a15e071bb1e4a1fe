/**
 * What a plain client may expect: one answer for each frame it sent, strictly in order. Knows no socket; throws LawBroken at the first
 * frame that should not have come.
 */
import { parsePlainServerFrame, type PlainServerFrame } from '@ws-llm/protocol';
import type { Stage } from './coverage.ts';
import { ExpectedChat } from './expected-chat.ts';
import type { ExpectedRequest } from './expected-request.ts';
import { type ExpectedReset, ExpectedThread } from './expected-thread.ts';
import { LawBroken } from './law-broken.ts';

type Due = ExpectedChat | ExpectedReset | { type: 'mistake'; answer: string };

export class PlainLedger {
  readonly requests: ExpectedChat[] = [];
  readonly #due: Due[] = [];
  readonly #thread = new ExpectedThread();

  sentChat(chat: ExpectedChat): void {
    this.requests.push(chat);
    this.#due.push(chat);
    this.#thread.sent(chat);
  }

  sentReset(): void {
    this.#due.push(this.#thread.sentEmpty());
  }

  /** `answer`: how its error begins. */
  sentMistake(answer: string): void {
    this.#due.push({ type: 'mistake', answer });
  }

  stageOf(chat: ExpectedRequest): Stage {
    if (chat.end !== undefined) return 'ended';
    if (chat instanceof ExpectedChat && chat.text !== '') return 'middle';
    return this.#due[0] === chat ? 'before' : 'waiting';
  }

  get open(): ExpectedChat[] {
    return this.requests.filter(({ end }) => end === undefined);
  }

  get isSettled(): boolean {
    return this.#due.length === 0;
  }

  get due(): string {
    return `${this.#due.length} answers due`;
  }

  received(text: string, at: number): void {
    const frame = parsePlainServerFrame(text);
    const [due] = this.#due;
    if (due === undefined || frame === undefined) throw new LawBroken('every frame has one answer', text);
    if (due.type === 'chat') this.#replied(due, frame, at);
    else answered(due, frame);
    if (due.type === 'reset') due.confirmed = true;
    if (due.type !== 'chat' || due.end !== undefined) this.#due.shift();
  }

  checkMemory(): void {
    this.#thread.check();
  }

  #replied(chat: ExpectedChat, frame: PlainServerFrame, at: number): void {
    switch (frame.type) {
      case 'delta':
        return chat.delta(frame.content, at);
      case 'complete':
        if (frame.content !== chat.text)
          throw new LawBroken('complete carries all deltas', `${JSON.stringify(frame)} for ${chat.key}`);
        return chat.ended({ at, result: { type: 'complete', reason: undefined } });
      case 'error':
        return chat.ended({ at, result: { type: 'error', code: undefined } });
      case 'reset_complete':
        throw new LawBroken('answers come in order', `${frame.type} while ${chat.key} is due`);
    }
  }
}

function answered(due: Exclude<Due, ExpectedChat>, frame: PlainServerFrame): void {
  const isRight =
    due.type === 'reset'
      ? frame.type === 'reset_complete'
      : frame.type === 'error' && frame.message.startsWith(due.answer);
  if (!isRight) {
    throw new LawBroken(
      'answers come in order',
      `${JSON.stringify(frame)} while ${JSON.stringify(due)} is due`,
    );
  }
}
