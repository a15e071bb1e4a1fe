/**
 * One plain socket: no ids, so frames belong to requests in order, and the only way to cancel is to close.
 * Knows nothing of reconnecting.
 */
import {
  type PlainClientFrame,
  type PlainServerFrame,
  encodeFrame,
  parsePlainServerFrame,
  parseServerFrame,
} from '@ws-llm/protocol';
import type { Channel, ChannelEvents, ChannelOptions } from './channel.ts';
import { type Closed, lostEnd } from './closed.ts';
import type { ChatRequest, Reply, ReplyEnd, ReplySink } from './reply.ts';
import { isOpen, type WebSocketLike } from './web-socket.ts';

/** What waits for its answer, in the order in which it was sent. */
type Pending =
  | { type: 'chat'; sink: ReplySink }
  | { type: 'reset'; resolve(): void; reject(error: Error): void };

export class PlainChannel implements Channel {
  readonly dialect = 'plain';
  readonly ready = undefined;
  readonly closing = false;
  readonly #socket: WebSocketLike;
  readonly #events: ChannelEvents;
  readonly #nextId: () => string;
  readonly #pending: Pending[] = [];
  #ended = false;

  constructor(socket: WebSocketLike, { events, nextId }: ChannelOptions) {
    this.#socket = socket;
    this.#events = events;
    this.#nextId = nextId;
    socket.addEventListener('message', (event) => this.#receive(event.data));
    socket.addEventListener('close', (event) => this.#end({ code: event.code, reason: event.reason }));
  }

  get open(): boolean {
    return !this.#ended && isOpen(this.#socket);
  }

  chat(request: ChatRequest, sink: ReplySink): Reply {
    if (!this.open) throw new Error('chat on a connection that is closed; open another one');
    const pending: Pending = { type: 'chat', sink };
    this.#send({ type: 'chat', messages: request.messages });
    this.#pending.push(pending);
    return {
      id: request.id ?? this.#nextId(),
      cancel: () => {
        const index = this.#pending.indexOf(pending);
        if (index === -1) return;
        this.#pending.splice(index, 1);
        sink.end({ type: 'complete', finishReason: 'cancelled' });
        this.close();
      },
    };
  }

  warm(): undefined {
    if (!this.open) throw new Error('warm on a connection that is closed; open another one');
  }

  async reset(thread?: string): Promise<void> {
    if (!this.open) throw new Error('reset on a connection that is closed; open another one');
    if (thread !== undefined) throw new Error(`reset of the thread "${thread}": a plain server has none`);
    return new Promise((resolve, reject) => {
      this.#pending.push({ type: 'reset', resolve, reject });
      this.#send({ type: 'reset' });
    });
  }

  close(): void {
    if (this.#ended) return;
    this.#socket.close(1000);
    this.#end({ code: 1000, reason: 'closed by this side' });
  }

  #send(frame: PlainClientFrame): void {
    this.#socket.send(encodeFrame(frame));
  }

  #receive(data: unknown): void {
    if (this.#ended || typeof data !== 'string') return;
    const frame = parsePlainServerFrame(data);
    if (frame !== undefined) return this.#handle(frame);
    const parsed = parseServerFrame(data);
    const [first] = this.#pending;
    if (parsed.outcome === 'other' && first?.type === 'chat') {
      first.sink.part({ type: 'persona_frame', frame: parsed.frame });
    }
  }

  #handle(frame: PlainServerFrame): void {
    const [first] = this.#pending;
    switch (frame.type) {
      case 'delta':
        if (first?.type === 'chat') first.sink.part({ type: 'text', text: frame.content });
        return;
      case 'complete':
        return this.#answer({ type: 'complete', finishReason: 'stop' });
      case 'error':
        return this.#answer({ type: 'failed', message: frame.message, retryable: false });
      case 'reset_complete':
        return this.#answer(undefined);
    }
  }

  #answer(end: ReplyEnd | undefined): void {
    const answered = this.#pending.shift();
    if (answered === undefined) return this.#events.unexpected?.('an answer to nothing');
    if (answered.type === 'chat') answered.sink.end(end ?? { type: 'complete', finishReason: 'stop' });
    else if (end?.type === 'failed') answered.reject(new Error(end.message));
    else answered.resolve();
  }

  #end(closed: Closed): void {
    if (this.#ended) return;
    this.#ended = true;
    const end = lostEnd(closed);
    for (const pending of this.#pending.splice(0)) {
      if (pending.type === 'reset') pending.reject(new Error(end.message));
      else pending.sink.end(end);
    }
    this.#events.closed?.(closed);
  }
}
