/**
 * One v1 client: dispatches its frames, knows its open requests by id, and keeps the connection's own thread.
 * Between parsing a frame and registering its request nothing awaits, so a `cancel` always finds its request.
 */
import {
  type CancelFrame,
  type ChatFrame,
  CloseCode,
  encodeFrame,
  type ErrorCode,
  isRetryableError,
  parseClientFrame,
  type ResetFrame,
  type ServerFrame,
  type WarmFrame,
} from '@ws-llm/protocol';
import { Thread } from '../context/thread.ts';
import { TurnQueue } from '../context/turn-queue.ts';
import type { ClientConnection, ClientSocket } from './client-socket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { RecentIds } from './recent-ids.ts';
import { refusalOf, servedFeatures } from './refusal.ts';
import { storedReply } from './stored-reply.ts';
import { V1Chat } from './v1-chat.ts';

/** PROTOCOL.md, "Frames that are wrong". */
const rememberedIds = 1_024;

export class V1Connection implements ClientConnection {
  readonly #socket: ClientSocket;
  readonly #context: ConnectionContext;
  readonly #open = new Map<string, V1Chat>();
  readonly #endedIds = new RecentIds(rememberedIds);
  readonly #queue = new TurnQueue();
  readonly #thread: Thread;
  /** Chats that run or wait on the thread since it was last emptied; others are not stored. */
  #onThread = new Set<V1Chat>();

  constructor(socket: ClientSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#thread = new Thread(context.turnLimits);
    this.#send(this.#ready());
  }

  receive(text: string): void {
    const parsed = parseClientFrame(text);
    switch (parsed.outcome) {
      case 'frame':
        return this.#handle(parsed.frame);
      case 'refused':
        if (parsed.id !== undefined && !this.#claim(parsed.id)) return;
        if (parsed.id !== undefined) this.#endedIds.add(parsed.id);
        return this.#refuse(parsed.id, 'bad_request', parsed.message);
      case 'unknown':
        return this.#context.logger.info(
          { type: parsed.type.slice(0, 64) },
          'frame of an unknown type ignored',
        );
      case 'fatal':
        return this.#socket.close(CloseCode.badFrame, parsed.message);
    }
  }

  ended(): void {
    // The newest first: one that waits must not be started by the end of the one before it.
    for (const chat of [...this.#open.values()].toReversed()) chat.cancel();
  }

  #handle(frame: ChatFrame | WarmFrame | CancelFrame | ResetFrame | { type: 'ping' }): void {
    switch (frame.type) {
      case 'chat':
      case 'warm':
        return this.#request(frame);
      case 'cancel':
        return this.#open.get(frame.id)?.cancel();
      case 'reset':
        return this.#reset(frame);
      case 'ping':
        return this.#send({ type: 'pong' });
    }
  }

  #request(frame: ChatFrame | WarmFrame): void {
    const { id } = frame;
    if (!this.#claim(id)) return;
    const refusal = refusalOf(frame, this.#context) ?? this.#tooMany();
    if (refusal !== undefined || frame.type === 'warm') {
      this.#endedIds.add(id);
      return this.#refuse(id, refusal?.code ?? 'bad_request', refusal?.message ?? 'warm is not offered');
    }
    if (frame.mirror !== undefined) this.#runAlone(frame);
    else this.#joinThread(frame);
  }

  #runAlone(frame: ChatFrame): void {
    const chat: V1Chat = new V1Chat(frame, this.#context, this.#socket, () => this.#close(frame.id));
    this.#open.set(frame.id, chat);
    chat.run(frame.messages);
  }

  #joinThread(frame: ChatFrame): void {
    let done: (() => void) | undefined;
    const chat: V1Chat = new V1Chat(frame, this.#context, this.#socket, (end) => {
      this.#close(frame.id);
      const reply = storedReply(end);
      if (this.#onThread.delete(chat) && reply !== undefined) this.#thread.store(frame.messages, reply);
      this.#queue.leave(turn);
      done?.();
    });
    const turn = {
      start: (next: () => void): void => {
        done = next;
        chat.run(this.#thread.with(frame.messages));
      },
    };
    this.#open.set(frame.id, chat);
    this.#onThread.add(chat);
    this.#queue.join(turn);
  }

  #reset({ thread }: ResetFrame): void {
    if (thread !== undefined) {
      return this.#refuse(undefined, 'bad_request', 'this server does not offer threads; see ready.features');
    }
    const cancelled = [...this.#onThread];
    this.#onThread = new Set();
    this.#thread.clear();
    // The newest first, as in `ended`.
    for (const chat of cancelled.toReversed()) chat.cancel();
    this.#send({ type: 'reset_complete' });
  }

  /** False, and the connection closed, where the id was used before. */
  #claim(id: string): boolean {
    if (!this.#open.has(id) && !this.#endedIds.has(id)) return true;
    this.#socket.close(CloseCode.idReused, 'an id was used for two requests');
    return false;
  }

  #close(id: string): void {
    this.#open.delete(id);
    this.#endedIds.add(id);
  }

  #tooMany(): { code: ErrorCode; message: string } | undefined {
    const { open_requests: most } = this.#context.limits;
    if (this.#open.size < most) return undefined;
    return { code: 'overloaded', message: `more than ${most} requests at once` };
  }

  #refuse(id: string | undefined, code: ErrorCode, message: string): void {
    this.#send({
      type: 'error',
      ...(id !== undefined && { id }),
      code,
      message,
      retryable: isRetryableError(code),
    });
  }

  #ready(): ServerFrame {
    const { server, persona, backend, limits } = this.#context;
    const { name, title } = persona.card;
    return {
      type: 'ready',
      server,
      persona: persona.card,
      personas: [{ name, title }],
      backend: backend.name,
      ...(backend.model !== undefined && { model: backend.model }),
      limits,
      features: [...servedFeatures],
    };
  }

  #send(frame: ServerFrame): void {
    this.#socket.send(encodeFrame(frame));
  }
}
