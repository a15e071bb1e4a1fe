/**
 * What a v1 client may expect, kept beside what it sends and receives: the law of termination, fences, the order of a thread.
 * Knows no socket; throws LawBroken at the first frame that should not have come.
 */
import { parseServerFrame, type ServerFrame } from '@ws-llm/protocol';
import type { Stage } from './coverage.ts';
import type { ExpectedChat } from './expected-chat.ts';
import { ExpectedThread } from './expected-thread.ts';
import { LawBroken } from './law-broken.ts';

/** A `pong` or a `reset_complete` that is due, and what must have ended when it comes. */
interface Fence {
  ended: readonly ExpectedChat[];
}

export class V1Ledger {
  readonly chats: ExpectedChat[] = [];
  readonly #byId = new Map<string, ExpectedChat>();
  /** Requests that are no chats, and whether they have ended. */
  readonly #warms = new Map<string, boolean>();
  readonly #pongs: Fence[] = [];
  readonly #resets: Fence[] = [];
  readonly #thread = new ExpectedThread();
  #isReady = false;

  sentChat(chat: ExpectedChat): void {
    this.chats.push(chat);
    this.#byId.set(chat.key, chat);
    if (chat.place === 'thread') this.#thread.sent(chat);
  }

  sentWarm(id: string): void {
    this.#warms.set(id, false);
  }

  /** Of any chat; one that has ended is not touched by it. */
  sentCancel(chat: ExpectedChat): void {
    if (chat.end === undefined) chat.cancelled = true;
  }

  /** Whatever was cancelled before must have ended when the pong comes. */
  sentPing(): void {
    this.#pongs.push({ ended: this.chats.filter(({ cancelled }) => cancelled) });
  }

  sentReset(): void {
    const hit = this.chats.filter(({ place, end }) => place === 'thread' && end === undefined);
    for (const chat of hit) chat.cancelled = true;
    this.#resets.push({ ended: hit });
    this.#thread.sent('reset');
  }

  /** Where a chat is, as far as its client can know. */
  stageOf(chat: ExpectedChat): Stage {
    if (chat.end !== undefined) return 'ended';
    if (chat.text !== '') return 'middle';
    return chat.place === 'thread' && this.#isBehindAnother(chat) ? 'waiting' : 'before';
  }

  get open(): ExpectedChat[] {
    return this.chats.filter(({ end }) => end === undefined);
  }

  /** Whether every answer has come that is due. */
  get isSettled(): boolean {
    return (
      this.open.length === 0 &&
      this.#pongs.length === 0 &&
      this.#resets.length === 0 &&
      [...this.#warms.values()].every(Boolean)
    );
  }

  get due(): string {
    const warms = [...this.#warms].flatMap(([id, ended]) => (ended ? [] : [id]));
    const open = [...this.open.map(({ key }) => key), ...warms].join(' ');
    return `open: ${open}; ${this.#pongs.length} pongs, ${this.#resets.length} resets due`;
  }

  received(text: string, at: number): void {
    const parsed = parseServerFrame(text);
    if (parsed.outcome !== 'frame') throw new LawBroken('frames are as specified', JSON.stringify(parsed));
    const { frame } = parsed;
    if (!this.#isReady && frame.type !== 'ready') throw new LawBroken('ready comes first', frame.type);
    this.#take(frame, at);
  }

  /** After the end of everything: what the model saw. */
  checkMemory(): void {
    this.#thread.check();
    for (const chat of this.chats) if (chat.place === 'alone') chat.checkSeen(chat.messages);
  }

  #take(frame: ServerFrame, at: number): void {
    switch (frame.type) {
      case 'ready':
        this.#isReady = true;
        return;
      case 'delta':
        return this.#running(frame.id, frame.type).delta(frame.content, at);
      case 'complete': {
        const chat = this.#openChat(frame.id, frame.type);
        const { finish_reason: reason, usage, timing } = frame;
        if (reason !== 'cancelled') this.#running(frame.id, frame.type);
        chat.ended({ at, result: { type: 'complete', reason } });
        chat.began = usage.prompt_tokens > 0;
        if ((usage.completion_tokens === 0) !== (chat.text === ''))
          throw new LawBroken('usage counts what was sent', JSON.stringify(frame));
        if ((timing.first_token_ms === undefined) !== (chat.text === ''))
          throw new LawBroken('timing tells of what was sent', JSON.stringify(frame));
        return;
      }
      case 'error': {
        const { id, code, retryable, retry_after_ms: retryAfterMs } = frame;
        if (id !== undefined && this.#warms.has(id)) return this.#warmEnded(id);
        this.#running(id, frame.type).ended({ at, result: { type: 'error', code, retryable, retryAfterMs } });
        return;
      }
      case 'warmed':
        return this.#warmEnded(frame.id);
      case 'pong':
        return passed(this.#pongs.shift(), frame.type);
      case 'reset_complete':
        return passed(this.#resets.shift(), frame.type);
      case 'reasoning':
      case 'tool_call':
      case 'annotation':
      case 'closing':
        throw new LawBroken('nothing comes that was not asked for', frame.type);
    }
  }

  #warmEnded(id: string): void {
    if (this.#warms.get(id) !== false) throw new LawBroken('a request ends once', `${id} ended again`);
    this.#warms.set(id, true);
  }

  #openChat(id: string | undefined, what: string): ExpectedChat {
    const chat = this.#byId.get(id ?? '');
    if (chat === undefined) throw new LawBroken('a frame belongs to a request', `${what} for ${id}`);
    if (chat.end !== undefined) throw new LawBroken('nothing follows an end', `${what} for ${id}`);
    return chat;
  }

  /** One that may run: no other is before it on its thread. */
  #running(id: string | undefined, what: string): ExpectedChat {
    const chat = this.#openChat(id, what);
    if (chat.place === 'thread' && this.#isBehindAnother(chat))
      throw new LawBroken('one reply at a time on a thread', `${what} for ${id}`);
    return chat;
  }

  #isBehindAnother(chat: ExpectedChat): boolean {
    const first = this.chats.find(({ place, end }) => place === 'thread' && end === undefined);
    return first !== chat;
  }
}

function passed(fence: Fence | undefined, what: string): void {
  if (fence === undefined) throw new LawBroken('nothing comes that was not asked for', what);
  const left = fence.ended.find(({ end }) => end === undefined);
  if (left !== undefined)
    throw new LawBroken('a cancel ends its request at once', `${left.key} after ${what}`);
}
