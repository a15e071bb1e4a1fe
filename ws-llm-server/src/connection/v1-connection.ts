/**
 * One v1 client: dispatches its frames, knows its open requests by id, and keeps the connection's own thread.
 * Between parsing a frame and registering its request nothing awaits, so a `cancel` always finds its request.
 */
import {
  type ChatFrame,
  type ClientFrame,
  CloseCode,
  encodeFrame,
  isRetryableError,
  type MirroredRequest,
  type ParsedClientFrame,
  parseClientFrame,
  type ResetFrame,
  type ServerFrame,
  type WarmFrame,
} from '@ws-llm/protocol';
import { type MirrorOutcome, Mirrors } from '../context/mirrors.ts';
import { Thread } from '../context/thread.ts';
import type { ClientConnection, ClientSocket } from './client-socket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { RecentIds } from './recent-ids.ts';
import { type Refusal, refusalOf, servedFeatures } from './refusal.ts';
import { storedReply } from './stored-reply.ts';
import { V1Chat } from './v1-chat.ts';

/** PROTOCOL.md, "Frames that are wrong". */
const rememberedIds = 1_024;

export class V1Connection implements ClientConnection {
  readonly #socket: ClientSocket;
  readonly #context: ConnectionContext;
  readonly #open = new Map<string, V1Chat>();
  readonly #endedIds = new RecentIds(rememberedIds);
  readonly #thread: Thread;
  readonly #mirrors: Mirrors;
  #toldModel: string | undefined;
  #draining = false;

  constructor(socket: ClientSocket, context: ConnectionContext) {
    const { limits } = context;
    this.#socket = socket;
    this.#context = context;
    this.#thread = new Thread(context.turnLimits);
    this.#mirrors = new Mirrors({
      mirrors: limits.mirrors,
      messages: limits.messages,
      listBytes: limits.list_bytes,
    });
    this.#tellReady();
  }

  receive(text: string): void {
    const parsed = parseClientFrame(text);
    switch (parsed.outcome) {
      case 'frame':
        return this.#handle(parsed.frame);
      case 'refused':
        return this.#refused(parsed);
      case 'unknown':
        return this.#context.logger.info(
          { type: parsed.type.slice(0, 64) },
          'frame of an unknown type ignored',
        );
      case 'fatal':
        return this.#socket.close(CloseCode.badFrame, parsed.message);
    }
  }

  drain(graceMs: number): void {
    this.#draining = true;
    this.#send({ type: 'closing', grace_ms: graceMs });
    this.#closeIfDrained();
  }

  end(): void {
    // The newest first: one that waits must not be started by the end of the one before it.
    for (const chat of [...this.#open.values()].toReversed()) chat.cancel();
  }

  #handle(frame: ClientFrame): void {
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

  #refused({ id, message, mirror }: Extract<ParsedClientFrame, { outcome: 'refused' }>): void {
    if (id !== undefined) {
      if (!this.#claim(id)) return;
      this.#endedIds.add(id);
      if (mirror?.outcome === 'unreadable') this.#mirrors.drop(mirror.key);
      if (mirror?.outcome === 'readable') this.#mirror(id, mirror);
    }
    this.#refuse(id, { code: 'bad_request', message });
  }

  #request(frame: ChatFrame | WarmFrame): void {
    const { id } = frame;
    if (!this.#claim(id)) return;
    // First of all: a mirror counts every request that carried its key, refused ones too.
    const mirrored = this.#mirror(id, frame);
    const asked = mirrored?.outcome === 'applied' ? { ...frame, ...mirrored.mirrored } : frame;
    const refusal = mirrorRefusal(mirrored) ?? refusalOf(asked, this.#context) ?? this.#tooMuch();
    if (refusal !== undefined || asked.type === 'warm') {
      this.#endedIds.add(id);
      return this.#refuse(id, refusal ?? { code: 'bad_request', message: 'warm is not offered' });
    }
    if (asked.mirror === undefined) this.#joinThread(asked);
    else this.#runAlone(asked);
  }

  #mirror(
    id: string,
    request: Pick<ChatFrame, 'mirror'> & Omit<MirroredRequest, 'mirror'>,
  ): MirrorOutcome | undefined {
    const { mirror, messages, instructions, tools } = request;
    if (mirror?.key === undefined) return undefined;
    const { key, base, keep } = mirror;
    return this.#mirrors.apply({ id, key, base, keep, messages, instructions, tools });
  }

  #runAlone(frame: ChatFrame): void {
    const chat = new V1Chat(frame, this.#context, this.#socket, () => this.#settle(frame.id));
    this.#open.set(frame.id, chat);
    chat.start(frame.messages);
  }

  #joinThread(frame: ChatFrame): void {
    const thread = this.#threadOf(frame.thread);
    const chat: V1Chat = new V1Chat(frame, this.#context, this.#socket, (end) => {
      this.#settle(frame.id);
      thread.end(chat, storedReply(end, frame.id));
    });
    this.#open.set(frame.id, chat);
    thread.join(chat);
  }

  #threadOf(name: string | undefined): Thread {
    const { threads, user } = this.#context;
    return name === undefined ? this.#thread : threads.open(user, name);
  }

  #reset({ thread }: ResetFrame): void {
    if (thread !== undefined && this.#context.role === 'guest') {
      return this.#refuse(undefined, { code: 'unauthorized', message: 'thread: not for guests' });
    }
    this.#threadOf(thread).reset();
    this.#send({ type: 'reset_complete', ...(thread !== undefined && { thread }) });
  }

  /** False, and the connection closed, where the id cannot be used. */
  #claim(id: string): boolean {
    // Ids are remembered, so their length is bounded before anything else.
    if (id.length > this.#context.limits.id_chars) {
      this.#socket.close(CloseCode.badFrame, `an id has at most ${this.#context.limits.id_chars} characters`);
      return false;
    }
    if (!this.#open.has(id) && !this.#endedIds.has(id)) return true;
    this.#socket.close(CloseCode.idReused, 'an id was used for two requests');
    return false;
  }

  #settle(id: string): void {
    this.#open.delete(id);
    this.#endedIds.add(id);
    // Which model answers may become known only with the first reply.
    if (this.#context.backend.model !== this.#toldModel) this.#tellReady();
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (this.#draining && this.#open.size === 0) this.#socket.close(CloseCode.goingAway, 'the server stops');
  }

  #tooMuch(): Refusal | undefined {
    const { open_requests: most } = this.#context.limits;
    if (this.#draining) return { code: 'overloaded', message: 'the server is about to stop' };
    if (this.#open.size < most) return undefined;
    return { code: 'overloaded', message: `more than ${most} requests at once` };
  }

  #refuse(id: string | undefined, { code, message }: Refusal): void {
    const retryable = isRetryableError(code);
    this.#send({ type: 'error', ...(id !== undefined && { id }), code, message, retryable });
  }

  #tellReady(): void {
    const { server, persona, backend, limits } = this.#context;
    const { name, title } = persona.card;
    this.#toldModel = backend.model;
    this.#send({
      type: 'ready',
      server,
      persona: persona.card,
      personas: [{ name, title }],
      backend: backend.name,
      ...(backend.model !== undefined && { model: backend.model }),
      limits,
      features: [...servedFeatures],
    });
  }

  #send(frame: ServerFrame): void {
    this.#socket.send(encodeFrame(frame));
  }
}

function mirrorRefusal(mirrored: MirrorOutcome | undefined): Refusal | undefined {
  switch (mirrored?.outcome) {
    case 'unknown':
      return { code: 'unknown_mirror', message: 'this mirror is not known here; send everything again' };
    case 'too_large':
      return { code: 'too_large', message: 'the list is longer than ready.limits allow' };
    case 'applied':
    case undefined:
      return undefined;
  }
}
