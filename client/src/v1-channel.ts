/**
 * One v1 socket: correlates frames with requests by id, keeps the heartbeat.
 * Knows nothing of reconnecting; a reply ends here exactly once, by its terminal frame or by the socket's end.
 */
import {
  type CompleteFrame,
  type ErrorFrame,
  type ReadyFrame,
  type ServerFrame,
  type ClientFrame,
  encodeFrame,
  isRetryableClose,
  parseServerFrame,
} from '@ws-llm/protocol';
import type { Channel, ChannelEvents, Closed } from './channel.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ChatRequest, Reply, ReplyEnd, ReplyPart, ReplySink } from './reply.ts';
import type { WebSocketLike } from './web-socket.ts';

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

export class V1Channel implements Channel {
  readonly dialect = 'v1';
  readonly #socket: WebSocketLike;
  readonly #events: ChannelEvents;
  readonly #heartbeat: Heartbeat;
  readonly #replies = new Map<string, ReplySink>();
  /** The server answers resets in order, and v1's answer names no request. */
  readonly #resets: Waiter[] = [];
  #ready: ReadyFrame | undefined;
  #open = true;
  #nextId = 1;

  constructor(socket: WebSocketLike, events: ChannelEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#heartbeat = new Heartbeat({
      ping: () => this.#send({ type: 'ping' }),
      silent: () => this.#drop('the server was silent'),
    });
    socket.addEventListener('message', (event) => this.#receive(event.data));
    socket.addEventListener('close', (event) => this.#ended({ code: event.code, reason: event.reason }));
  }

  get open(): boolean {
    return this.#open;
  }

  get ready(): ReadyFrame | undefined {
    return this.#ready;
  }

  chat(request: ChatRequest, sink: ReplySink): Reply {
    if (!this.#open) throw new Error('chat on a connection that is closed; open another one');
    const id = request.id ?? `r${this.#nextId++}`;
    if (this.#replies.has(id)) throw new Error(`the reply "${id}" is still open; choose another id`);
    this.#send({ type: 'chat', ...request, id });
    this.#replies.set(id, sink);
    let cancelled = false;
    return {
      id,
      cancel: () => {
        if (cancelled || this.#replies.get(id) !== sink) return;
        cancelled = true;
        this.#send({ type: 'cancel', id });
      },
    };
  }

  reset(): Promise<void> {
    if (!this.#open) return Promise.reject(new Error('reset on a connection that is closed'));
    return new Promise((resolve, reject) => {
      this.#resets.push({ resolve, reject });
      this.#send({ type: 'reset' });
    });
  }

  close(): void {
    if (!this.#open) return;
    this.#socket.close(1000);
    this.#ended({ code: 1000, reason: 'closed by this side' });
  }

  #send(frame: ClientFrame): void {
    if (this.#open) this.#socket.send(encodeFrame(frame));
  }

  #receive(data: unknown): void {
    if (!this.#open) return;
    this.#heartbeat.heard();
    const parsed = parseServerFrame(typeof data === 'string' ? data : '');
    switch (parsed.outcome) {
      case 'frame':
        return this.#handle(parsed.frame);
      case 'other':
        if (parsed.id !== undefined) this.#part(parsed.id, { type: 'persona_frame', frame: parsed.frame });
        return;
      case 'broken':
        this.#events.unexpected?.(parsed.message);
        if (parsed.id !== undefined) this.#abandon(parsed.id, parsed.message);
        return;
    }
  }

  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case 'delta':
        return this.#part(frame.id, { type: 'text', text: frame.content });
      case 'reasoning':
        return this.#part(frame.id, { type: 'reasoning', text: frame.content });
      case 'tool_call':
        return this.#part(frame.id, { type: 'tool_call', call: frame.call });
      case 'complete':
        return this.#end(frame.id, completeEnd(frame));
      case 'error':
        if (frame.id === undefined) return this.#events.unexpected?.(frame.message);
        return this.#end(frame.id, failedEnd(frame));
      case 'ready':
        this.#ready = frame;
        this.#heartbeat.start(frame.limits.ping_interval_ms, frame.limits.silence_ms);
        return this.#events.ready?.(frame);
      case 'reset_complete':
        return this.#resets.shift()?.resolve();
      case 'closing':
        return this.#events.closing?.(frame);
      case 'annotation':
        return this.#events.annotation?.(frame);
      case 'warmed':
      case 'pong':
        return;
    }
  }

  /** Frames for ids that have ended are ignored: PROTOCOL.md, the law of termination. */
  #part(id: string, part: ReplyPart): void {
    this.#replies.get(id)?.part(part);
  }

  #end(id: string, end: ReplyEnd): void {
    const sink = this.#replies.get(id);
    if (sink === undefined) return;
    this.#replies.delete(id);
    sink.end(end);
  }

  /** The server sent something for a reply that is no frame: what is missing of it will not come. */
  #abandon(id: string, message: string): void {
    if (!this.#replies.has(id)) return;
    this.#send({ type: 'cancel', id });
    this.#end(id, {
      type: 'failed',
      code: 'internal',
      message: `the server broke the protocol: ${message}`,
      retryable: false,
    });
  }

  /** A peer that no longer answers would not answer a closing handshake either. */
  #drop(reason: string): void {
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close(1000);
    this.#ended({ code: 1006, reason });
  }

  #ended(closed: Closed): void {
    if (!this.#open) return;
    this.#open = false;
    this.#heartbeat.stop();
    const message = `the connection ended (${closed.code}${closed.reason === '' ? '' : `: ${closed.reason}`})`;
    const end = {
      type: 'lost',
      closeCode: closed.code,
      message,
      retryable: isRetryableClose(closed.code),
    } as const;
    for (const id of this.#replies.keys()) this.#end(id, end);
    for (const waiter of this.#resets.splice(0)) waiter.reject(new Error(message));
    this.#events.closed?.(closed);
  }
}

function completeEnd(frame: CompleteFrame): ReplyEnd {
  const { finish_reason: finishReason, usage, timing, model, backend } = frame;
  return { type: 'complete', finishReason, usage, timing, backend, ...(model !== undefined && { model }) };
}

function failedEnd(frame: ErrorFrame): ReplyEnd {
  const { code, message, retryable, retry_after_ms: retryAfterMs } = frame;
  return { type: 'failed', code, message, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
