/**
 * What a v1 client may expect, kept beside what it sends and receives: the law of termination, fences, the order of a thread.
 * Knows no socket; throws LawBroken at the first frame that should not have come.
 */
import { type CompleteFrame, parseServerFrame, type ServerFrame } from '@ws-llm/protocol';
import type { Stage } from './coverage.ts';
import { ExpectedChat } from './expected-chat.ts';
import { ExpectedMirrors } from './expected-mirrors.ts';
import type { ExpectedRequest } from './expected-request.ts';
import { type ExpectedReset, ExpectedThread } from './expected-thread.ts';
import { ExpectedWarm } from './expected-warm.ts';
import { LawBroken } from './law-broken.ts';
import type { Said } from './memory.ts';

/** A `pong` or a `reset_complete` that is due, and what must have ended when it comes. */
interface Fence {
  ended: readonly ExpectedRequest[];
}

/** A `reset_complete` that is due. */
interface ResetFence extends Fence {
  thread: string | undefined;
  reset: ExpectedReset;
}

export class V1Ledger {
  readonly requests: ExpectedRequest[] = [];
  /** The connection's own. */
  readonly thread = new ExpectedThread();
  readonly mirrors = new ExpectedMirrors();
  readonly #byId = new Map<string, ExpectedChat | ExpectedWarm>();
  readonly #threads = new Map<ExpectedRequest, ExpectedThread>();
  readonly #lists = new Map<ExpectedRequest, readonly Said[]>();
  /** Those that this connection cancelled. */
  readonly #struck = new Set<ExpectedRequest>();
  readonly #pongs: Fence[] = [];
  readonly #resets: ResetFence[] = [];
  #isReady = false;

  sentOnThread(chat: ExpectedChat, thread: ExpectedThread): void {
    this.#sent(chat);
    this.#threads.set(chat, thread);
    thread.sent(chat);
  }

  sentPreview(warm: ExpectedWarm, thread: ExpectedThread): void {
    this.#sent(warm);
    thread.sentPreview(warm);
  }

  /** `list` is all that its model should see. */
  sentWithList(request: ExpectedChat | ExpectedWarm, list: readonly Said[]): void {
    this.#sent(request);
    this.#lists.set(request, list);
  }

  /** Of any request; one that has ended is not touched by it. */
  sentCancel(request: ExpectedRequest): void {
    if (request.end !== undefined) return;
    request.cancelled = true;
    this.#struck.add(request);
  }

  /** Whatever was cancelled before must have ended when the pong comes. */
  sentPing(): void {
    this.#pongs.push({ ended: [...this.#struck] });
  }

  /** `name` absent: of the connection's own thread. Those of other connections are told on their own sockets. */
  sentReset(thread: ExpectedThread, name: string | undefined): void {
    const ended = thread.open.filter(({ key }) => this.#byId.has(key));
    for (const chat of ended) this.#struck.add(chat);
    this.#resets.push({ ended, thread: name, reset: thread.sentReset() });
  }

  /** Where a request is, as far as its client can know. Only its model knows whether a `warm` waits. */
  stageOf(request: ExpectedRequest): Stage {
    if (request.end !== undefined) return 'ended';
    if (request instanceof ExpectedWarm) return request.began ? 'before' : 'waiting';
    const isTalking = request instanceof ExpectedChat && request.text !== '';
    return isTalking ? 'middle' : this.#before(request).length > 0 ? 'waiting' : 'before';
  }

  get pongsDue(): number {
    return this.#pongs.length;
  }

  get open(): ExpectedRequest[] {
    return this.requests.filter(({ end }) => end === undefined);
  }

  /** Whether every answer has come that is due. */
  get isSettled(): boolean {
    return this.open.length === 0 && this.#pongs.length === 0 && this.#resets.length === 0;
  }

  get due(): string {
    const open = this.open.map(({ key }) => key).join(' ');
    return `open: ${open}; ${this.#pongs.length} pongs, ${this.#resets.length} resets due`;
  }

  received(text: string, at: number): void {
    const parsed = parseServerFrame(text);
    if (parsed.outcome !== 'frame') throw new LawBroken('frames are as specified', JSON.stringify(parsed));
    const { frame } = parsed;
    if (!this.#isReady && frame.type !== 'ready') throw new LawBroken('ready comes first', frame.type);
    this.#take(frame, at);
  }

  /** After the end of everything: what the model saw, named threads apart, which others use as well. */
  checkMemory(): void {
    this.thread.check();
    for (const [request, list] of this.#lists) {
      request.checkAttempts();
      request.checkSeen(list);
    }
  }

  #sent(request: ExpectedChat | ExpectedWarm): void {
    this.requests.push(request);
    this.#byId.set(request.key, request);
  }

  #take(frame: ServerFrame, at: number): void {
    switch (frame.type) {
      case 'ready':
        this.#isReady = true;
        return;
      case 'delta':
        return this.#runningChat(frame.id, frame.type).delta(frame.content, at);
      case 'complete':
        return this.#completed(frame, at);
      case 'error': {
        const { id, code, retryable, retry_after_ms: retryAfterMs } = frame;
        return this.#running(id, frame.type).ended({
          at,
          result: { type: 'error', code, retryable, retryAfterMs },
        });
      }
      case 'warmed': {
        const warm = this.#running(frame.id, frame.type);
        if (warm.type !== 'warm') throw new LawBroken('a chat is not warmed', frame.id);
        return warm.ended({ at, result: { type: 'warmed' } });
      }
      case 'pong':
        return passed(this.#pongs.shift(), frame.type);
      case 'reset_complete':
        return this.#wasReset(this.#resets.shift(), frame.thread);
      case 'reasoning':
      case 'tool_call':
      case 'annotation':
      case 'closing':
        throw new LawBroken('nothing comes that was not asked for', frame.type);
    }
  }

  #wasReset(due: ResetFence | undefined, thread: string | undefined): void {
    passed(due, 'reset_complete');
    if (due?.thread !== thread)
      throw new LawBroken('a reset is of its thread', `${thread} for ${due?.thread}`);
    if (due !== undefined) due.reset.confirmed = true;
  }

  #completed(frame: CompleteFrame, at: number): void {
    const { id, finish_reason: reason, usage, timing } = frame;
    const request = reason === 'cancelled' ? this.#open(id, frame.type) : this.#running(id, frame.type);
    request.ended({ at, result: { type: 'complete', reason } });
    if (!(request instanceof ExpectedChat)) return;
    request.saysBegan = usage.prompt_tokens > 0;
    if ((usage.completion_tokens === 0) !== (request.text === ''))
      throw new LawBroken('usage counts what was sent', JSON.stringify(frame));
    if ((timing.first_token_ms === undefined) !== (request.text === ''))
      throw new LawBroken('timing tells of what was sent', JSON.stringify(frame));
  }

  #open(id: string | undefined, what: string): ExpectedChat | ExpectedWarm {
    const request = this.#byId.get(id ?? '');
    if (request === undefined) throw new LawBroken('a frame belongs to a request', `${what} for ${id}`);
    if (request.end !== undefined) throw new LawBroken('nothing follows an end', `${what} for ${id}`);
    return request;
  }

  /** One that may run: no other is before it on its thread. What another connection is told comes when it comes. */
  #running(id: string | undefined, what: string): ExpectedChat | ExpectedWarm {
    const request = this.#open(id, what);
    if (this.#before(request).some(({ key }) => this.#byId.has(key)))
      throw new LawBroken('one reply at a time on a thread', `${what} for ${id}`);
    return request;
  }

  #runningChat(id: string, what: string): ExpectedChat {
    const request = this.#running(id, what);
    if (request instanceof ExpectedChat) return request;
    throw new LawBroken('a warm has no reply', `${what} for ${id}`);
  }

  /** Those on its thread that it waits for. */
  #before(request: ExpectedRequest): ExpectedChat[] {
    if (!(request instanceof ExpectedChat)) return [];
    return this.#threads.get(request)?.openBefore(request) ?? [];
  }
}

function passed(fence: Fence | undefined, what: string): void {
  if (fence === undefined) throw new LawBroken('nothing comes that was not asked for', what);
  const left = fence.ended.find(({ end }) => end === undefined);
  if (left !== undefined)
    throw new LawBroken('a cancel ends its request at once', `${left.key} after ${what}`);
}
