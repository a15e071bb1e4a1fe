/**
 * The requests of one v1 client: knows the open ones by id, and keeps what they leave for those that follow.
 * Between parsing a frame and registering its request nothing awaits, so a `cancel` always finds its request.
 */
import { randomUUID } from 'node:crypto';
import {
  type ChatFrame,
  CloseCode,
  isRetryableError,
  type MirroredRequest,
  type ParsedClientFrame,
  type ResetFrame,
  type WarmFrame,
} from '@ws-llm/protocol';
import { Exchanges } from '../context/exchanges.ts';
import { type MirrorOutcome, Mirrors } from '../context/mirrors.ts';
import { Thread } from '../context/thread.ts';
import { memorySize } from '../memory-size.ts';
import type { Persona } from '../personas/persona.ts';
import type { GenerationEnd } from '../reply/generation.ts';
import { Annotations } from './annotations.ts';
import type { ClientSocket } from './client-socket.ts';
import { type ConnectionContext, keeperOf, personaOf } from './connection-context.ts';
import { OpenRequests } from './open-requests.ts';
import type { Outbox } from './outbox.ts';
import {
  exchangeTooLarge,
  mirrorRefusal,
  noSuchPersona,
  type Refusal,
  refusalOf,
  resetRefusal,
  tooBusy,
} from './refusal.ts';
import { heardOf, replyName, storedReply } from './stored-reply.ts';
import { V1Chat } from './v1-chat.ts';
import { V1Warm } from './v1-warm.ts';

export class V1Requests {
  readonly #socket: ClientSocket;
  readonly #context: ConnectionContext;
  readonly #outbox: Outbox;
  readonly #open: OpenRequests;
  /** Ids are this connection's own: on a named thread another connection may use the same ones. */
  readonly #replyPrefix = randomUUID();
  readonly #thread: Thread;
  readonly #mirrors: Mirrors;
  readonly #exchanges: Exchanges;
  readonly #annotations: Annotations;
  #draining = false;

  constructor(socket: ClientSocket, context: ConnectionContext, outbox: Outbox) {
    const { limits, backend, logger, holding } = context;
    const keeper = keeperOf(context);
    this.#socket = socket;
    this.#context = context;
    this.#outbox = outbox;
    this.#open = new OpenRequests(holding, keeper);
    this.#exchanges = new Exchanges(keeper);
    this.#thread = new Thread(context.threadLimits, keeper);
    this.#mirrors = new Mirrors(
      { mirrors: limits.mirrors, messages: limits.messages, listBytes: limits.list_bytes },
      keeper,
    );
    this.#annotations = new Annotations({
      backend,
      logger,
      takeRequest: () => this.#hasRoom && holding.takeSpare('requests', 1),
      giveRequest: () => holding.give('requests', 1),
      send: (frame) => outbox.send(frame),
      fail: context.fail,
    });
  }

  /** Begins it, or says why not. */
  start(frame: ChatFrame | WarmFrame): void {
    const { id } = frame;
    if (!this.#claim(id)) return;
    // First of all: a mirror counts every request that carried its key, refused ones too.
    const mirrored = this.#mirror(id, frame);
    const asked = mirrored?.outcome === 'applied' ? { ...frame, ...mirrored.mirrored } : frame;
    const persona = this.#personaOf(asked);
    const refusal =
      mirrorRefusal(mirrored) ??
      refusalOf(asked, persona, this.#context) ??
      this.#tooMuch() ??
      (persona === undefined ? noSuchPersona : this.#admit(frame, mirrored));
    if (refusal !== undefined || persona === undefined) {
      this.#open.end(id);
      return this.#refuse(id, refusal ?? noSuchPersona);
    }
    this.#annotations.stop(asked);
    if (asked.type === 'warm') this.#warm(asked, persona);
    else if (asked.mirror === undefined) this.#joinThread(asked, persona);
    else this.#runAlone(asked, persona);
  }

  /** Of a frame that cannot be taken for one, with its id where it has a usable one. */
  refused({ id, message, mirror }: Extract<ParsedClientFrame, { outcome: 'refused' }>): void {
    if (id !== undefined) {
      if (!this.#claim(id)) return;
      this.#open.end(id);
      if (mirror?.outcome === 'unreadable') this.#mirrors.drop(mirror.key);
      if (mirror?.outcome === 'readable') this.#mirror(id, mirror);
    }
    this.#refuse(id, { code: 'bad_request', message });
  }

  cancel(id: string): void {
    this.#open.cancel(id);
  }

  reset(frame: ResetFrame): void {
    const refusal = resetRefusal(frame, this.#context);
    if (refusal !== undefined) return this.#refuse(undefined, refusal);
    const { thread } = frame;
    this.#threadOf(thread).reset();
    this.#outbox.send({ type: 'reset_complete', ...(thread !== undefined && { thread }) });
  }

  /** Takes no more, and closes once nothing is open. */
  drain(): void {
    this.#draining = true;
    this.#annotations.close();
    this.#closeIfDrained();
  }

  /** Ends every one now. */
  end(): void {
    this.#annotations.end();
    this.#open.cancelAll();
  }

  #personaOf({ persona: name }: ChatFrame | WarmFrame): Persona | undefined {
    return name === undefined ? personaOf(this.#context) : this.#context.personas.get(name);
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

  #warm(frame: WarmFrame, persona: Persona): void {
    const { id, messages } = frame;
    const onEnd = (): void => {
      this.#settle(id);
      this.#context.news.check(persona.model);
    };
    const warm = new V1Warm({ frame, persona, context: this.#context, outbox: this.#outbox, onEnd });
    this.#open.open(id, warm);
    const isAlone = frame.mirror !== undefined;
    const list = isAlone ? this.#exchanges.restore(messages) : this.#threadOf(frame.thread).preview(messages);
    if (list === undefined) warm.refuse(exchangeTooLarge);
    else warm.start(list);
  }

  #runAlone(frame: ChatFrame, persona: Persona): void {
    const chat = this.#chat(frame, persona, (end) => {
      if (end !== undefined) this.#exchanges.remember(frame.id, end.toolUses);
    });
    chat.start(this.#exchanges.restore(frame.messages));
  }

  #joinThread(frame: ChatFrame, persona: Persona): void {
    const thread = this.#threadOf(frame.thread);
    const name = replyName(this.#replyPrefix, frame.id);
    const chat: V1Chat = this.#chat(frame, persona, (end) => thread.end(chat, storedReply(end, name)));
    thread.join(chat);
  }

  /** Registered, not yet begun. `onEnd` remembers it. */
  #chat(frame: ChatFrame, persona: Persona, onEnd: (end: GenerationEnd | undefined) => void): V1Chat {
    const chat: V1Chat = new V1Chat({
      frame,
      persona,
      context: this.#context,
      outbox: this.#outbox,
      heard: frame.heard && heardOf(this.#replyPrefix, frame.heard),
      onEnd: (end) => {
        this.#settle(frame.id);
        if (end !== undefined && chat.request !== undefined)
          this.#annotations.annotate(frame, { persona, end, after: chat.request });
        onEnd(end);
        this.#context.news.check(persona.model);
      },
    });
    this.#open.open(frame.id, chat);
    return chat;
  }

  #threadOf(name: string | undefined): Thread {
    const { threads, user } = this.#context;
    return name === undefined ? this.#thread : threads.open(user, name);
  }

  /** False, and the connection closed, where the id cannot be used. */
  #claim(id: string): boolean {
    // Ids are remembered, so their length is bounded before anything else.
    if (id.length > this.#context.limits.id_chars) {
      this.#socket.close(CloseCode.badFrame, `an id has at most ${this.#context.limits.id_chars} characters`);
      return false;
    }
    if (!this.#open.isUsed(id)) return true;
    this.#socket.close(CloseCode.idReused, 'an id was used for two requests');
    return false;
  }

  #settle(id: string): void {
    this.#open.end(id);
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (this.#draining && this.#open.size === 0) this.#outbox.close(CloseCode.goingAway, 'the server stops');
  }

  get #hasRoom(): boolean {
    return this.#open.size + this.#annotations.open < this.#context.limits.open_requests;
  }

  #tooMuch(): Refusal | undefined {
    const { open_requests: most } = this.#context.limits;
    if (this.#draining) return { code: 'overloaded', message: 'the server is about to stop' };
    if (this.#open.size < most) return undefined;
    return { code: 'overloaded', message: `more than ${most} requests at once` };
  }

  /** Of what all clients share: the request, its frame, and the list that the model is sent. */
  #admit(frame: ChatFrame | WarmFrame, mirrored: MirrorOutcome | undefined): Refusal | undefined {
    let listBytes = 0;
    if (mirrored?.outcome === 'applied') listBytes = mirrored.bytes;
    else if (frame.mirror === undefined) listBytes = this.#threadOf(frame.thread).bytes;
    return this.#open.admit(frame.id, memorySize(frame) + listBytes) ? undefined : tooBusy;
  }

  #refuse(id: string | undefined, { code, message }: Refusal): void {
    const retryable = isRetryableError(code);
    this.#outbox.send({ type: 'error', ...(id !== undefined && { id }), code, message, retryable });
  }
}
