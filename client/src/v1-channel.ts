/**
 * One v1 socket: correlates frames with requests by id, keeps the heartbeat.
 * Knows nothing of reconnecting; a request ends here exactly once, by its terminal frame or by the socket's end.
 */
import {
  type ReadyFrame,
  type ServerFrame,
  type ClientFrame,
  type WarmedFrame,
  encodeFrame,
  parseServerFrame,
} from '@ws-llm/protocol';
import type { Channel, ChannelEvents, ChannelOptions } from './channel.ts';
import { type Closed, lostEnd } from './closed.ts';
import { completeEnd, failedEnd } from './frame-end.ts';
import { Heartbeat } from './heartbeat.ts';
import { readOddEnd } from './odd-end.ts';
import { OpenRequests } from './open-requests.ts';
import type { ChatRequest, Reply, ReplyEnd, ReplySink } from './reply.ts';
import { Resets } from './resets.ts';
import { type Warming, WarmSink } from './warming.ts';
import { isOpen, type WebSocketLike } from './web-socket.ts';

/** Until `ready` tells the server's own, in milliseconds. */
const usualHeartbeat = { intervalMs: 20_000, silenceMs: 30_000 };

export class V1Channel implements Channel {
  readonly dialect = 'v1';
  readonly #socket: WebSocketLike;
  readonly #events: ChannelEvents;
  readonly #nextId: () => string;
  readonly #heartbeat: Heartbeat;
  readonly #requests = new OpenRequests();
  readonly #resets = new Resets();
  #ready: ReadyFrame | undefined;
  #closing = false;
  #isReplaced = false;
  /** How the socket ended; undefined while it has not. */
  #closed: Closed | undefined;

  constructor(socket: WebSocketLike, { events, nextId }: ChannelOptions) {
    this.#socket = socket;
    this.#events = events;
    this.#nextId = nextId;
    this.#heartbeat = new Heartbeat({
      ping: () => this.#send({ type: 'ping' }),
      silent: () => this.#drop('the server was silent'),
    });
    this.#heartbeat.start(usualHeartbeat.intervalMs, usualHeartbeat.silenceMs);
    socket.addEventListener('message', (event) => this.#receive(event.data));
    socket.addEventListener('close', (event) => this.#end({ code: event.code, reason: event.reason }));
    socket.on?.('ping', () => this.#heartbeat.heard());
  }

  get open(): boolean {
    return this.#closed === undefined && isOpen(this.#socket);
  }

  get closing(): boolean {
    return this.#closing;
  }

  get ready(): ReadyFrame | undefined {
    return this.#ready;
  }

  chat(request: ChatRequest, sink: ReplySink): Reply {
    return this.#ask('chat', request, sink);
  }

  warm(request: ChatRequest): Warming | undefined {
    if (this.#ready?.features.includes('warm') === false) return undefined;
    const sink = new WarmSink();
    return { ...this.#ask('warm', request, sink), ended: sink.ended };
  }

  async reset(thread?: string): Promise<void> {
    this.#requireOpen('reset');
    this.#heartbeat.probe();
    this.#requireOpen('reset');
    // Added first: a send that ends the socket rejects it.
    const answered = this.#resets.add(thread);
    this.#send({ type: 'reset', ...(thread !== undefined && { thread }) });
    return answered;
  }

  close(): void {
    if (this.#closed !== undefined) return;
    this.#socket.close(1000);
    this.#end({ code: 1000, reason: 'closed by this side' });
  }

  /** Another socket takes what comes next: closes this one as soon as nothing runs on it. */
  closeOnceIdle(): void {
    this.#isReplaced = true;
    this.#closeIfIdle();
  }

  #ask(type: 'chat' | 'warm', request: ChatRequest, sink: ReplySink): Reply {
    this.#requireOpen(type);
    const id = request.id ?? this.#unusedId();
    if (this.#requests.has(id)) throw new Error(`the reply "${id}" is still open; choose another id`);
    if (this.#requests.wasUsed(id)) throw new Error(`the id "${id}" was used before; choose another one`);
    // Before the request: its answer must not wait behind a large one that takes its time.
    this.#heartbeat.probe();
    this.#requireOpen(type);
    this.#send({ type, ...request, id });
    this.#requests.add(id, sink);
    const closed = this.#closed;
    // The send has ended the socket: a caller expects no end before it has the reply.
    if (closed !== undefined) void Promise.resolve().then(() => this.#requests.endAll(lostEnd(closed)));
    let cancelled = false;
    return {
      id,
      cancel: () => {
        if (cancelled || !this.#requests.belongs(id, sink)) return;
        cancelled = true;
        this.#send({ type: 'cancel', id });
      },
    };
  }

  #requireOpen(what: string): void {
    if (!this.open) throw new Error(`${what} on a connection that is closed; open another one`);
  }

  /** The owner's own ids may look like ours. */
  #unusedId(): string {
    for (;;) {
      const id = this.#nextId();
      if (!this.#requests.wasUsed(id)) return id;
    }
  }

  #send(frame: ClientFrame): void {
    if (this.#closed === undefined) this.#socket.send(encodeFrame(frame));
  }

  #receive(data: unknown): void {
    if (this.#closed !== undefined) return;
    this.#heartbeat.heard();
    const text = typeof data === 'string' ? data : '';
    const parsed = parseServerFrame(text);
    switch (parsed.outcome) {
      case 'frame':
        return this.#handle(parsed.frame);
      case 'other':
        if (parsed.id !== undefined)
          this.#requests.part(parsed.id, { type: 'persona_frame', frame: parsed.frame });
        return;
      case 'broken':
        this.#events.unexpected?.(parsed.message);
        if (parsed.id !== undefined) this.#endOddly(text, parsed.id, parsed.message);
        return;
    }
  }

  /** Frames for ids that have ended are ignored: PROTOCOL.md, the law of termination. */
  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case 'delta':
        return this.#requests.part(frame.id, { type: 'text', text: frame.content });
      case 'reasoning':
        return this.#requests.part(frame.id, { type: 'reasoning', text: frame.content });
      case 'tool_call':
        return this.#requests.part(frame.id, { type: 'tool_call', call: frame.call });
      case 'complete':
        return this.#answered(frame.id, completeEnd(frame));
      case 'warmed':
        return this.#warmed(frame.id, frame);
      case 'error':
        if (frame.id !== undefined) return this.#answered(frame.id, failedEnd(frame));
        if (!this.#resets.refused(frame.message)) this.#events.unexpected?.(frame.message);
        return this.#closeIfIdle();
      case 'ready':
        this.#ready = frame;
        this.#heartbeat.start(frame.limits.ping_interval_ms, frame.limits.silence_ms);
        return this.#events.ready?.(frame);
      case 'reset_complete':
        this.#resets.answered(frame.thread);
        return this.#closeIfIdle();
      case 'closing':
        if (this.#closing) return;
        this.#closing = true;
        return this.#events.closing?.(frame);
      case 'annotation':
        return this.#events.annotation?.(frame);
      case 'pong':
        return;
    }
  }

  #answered(id: string, end: ReplyEnd): void {
    this.#requests.end(id, end);
    this.#closeIfIdle();
  }

  #warmed(id: string, warmed: Partial<WarmedFrame>): void {
    if (!this.#requests.warmed(id, warmed)) this.#abandon(id, 'warmed for a chat');
    this.#closeIfIdle();
  }

  /**
   * What was sent does not match its schema. Where it ends its request all the same, that is its
   * end.
   */
  #endOddly(text: string, id: string, message: string): void {
    const odd = readOddEnd(text);
    if (odd === undefined) return this.#abandon(id, message);
    if (odd.end.type === 'warmed') return this.#warmed(id, odd.end);
    this.#answered(id, odd.end);
  }

  /** The server sent something for a request that is no frame: what is missing of it will not come. */
  #abandon(id: string, message: string): void {
    if (!this.#requests.has(id)) return;
    this.#send({ type: 'cancel', id });
    const told = `the server broke the protocol: ${message}`;
    this.#answered(id, { type: 'failed', code: 'internal', message: told, retryable: false });
  }

  #closeIfIdle(): void {
    if (this.#isReplaced && this.#requests.size === 0 && this.#resets.size === 0) this.close();
  }

  /** A peer that no longer answers would not answer a closing handshake either. */
  #drop(reason: string): void {
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close(1000);
    this.#end({ code: 1006, reason });
  }

  #end(closed: Closed): void {
    if (this.#closed !== undefined) return;
    this.#closed = closed;
    this.#heartbeat.stop();
    const end = lostEnd(closed);
    this.#requests.endAll(end);
    this.#resets.rejectAll(end.message);
    this.#events.closed?.(closed);
  }
}
