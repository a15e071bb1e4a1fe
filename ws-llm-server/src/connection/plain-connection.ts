/**
 * One plain client: everything it sends is answered strictly in order, one at a time, from a bounded queue.
 * Its thread is all the memory it has. PROTOCOL.md, section 9.
 */
import { CloseCode, type Message, type ParsedPlainFrame, parsePlainClientFrame } from '@ws-llm/protocol';
import type { BackendRequest } from '../backend.ts';
import { buildPrompt } from '../context/prompt.ts';
import { Thread, type ThreadRequest } from '../context/thread.ts';
import { memorySize } from '../memory-size.ts';
import type { Generation, GenerationEnd, GenerationPart } from '../reply/generation.ts';
import { personaReply } from '../reply/persona-reply.ts';
import { type ClientConnection, type ClientSocket, guarded } from './client-socket.ts';
import { type ConnectionContext, keeperOf, personaOf } from './connection-context.ts';
import { deadlinesOf } from './deadlines.ts';
import { imageRefusal } from './image-urls.ts';
import { Outbox } from './outbox.ts';
import {
  exchangeTooLarge,
  guestRoles,
  listTooLong,
  type Refusal,
  tooBusy,
  unsupportedPart,
} from './refusal.ts';
import { storedReply } from './stored-reply.ts';
import { toWireError } from './wire-error.ts';

const maxWaiting = 64;

export class PlainConnection implements ClientConnection {
  readonly #socket: ClientSocket;
  readonly #context: ConnectionContext;
  readonly #outbox: Outbox;
  readonly #thread: Thread;
  /** As they came: parsed they may be many times as large. */
  readonly #waiting: string[] = [];
  /** Of the frame that is answered now. */
  #openBytes = 0;
  #generation: Generation | undefined;
  /** The last request to the model. */
  #request: BackendRequest | undefined;
  #draining = false;

  constructor(socket: ClientSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#outbox = new Outbox(socket, context.limits, context.holding);
    this.#thread = new Thread(context.threadLimits, keeperOf(context));
  }

  receive(text: string): void {
    if (this.#waiting.length >= maxWaiting) {
      return this.#socket.close(CloseCode.overloaded, `more than ${maxWaiting} frames wait for an answer`);
    }
    if (!this.#context.holding.take('input_bytes', memorySize(text))) {
      return this.#socket.close(CloseCode.overloaded, 'too much input waits on this server');
    }
    this.#waiting.push(text);
    this.#answerWaiting();
  }

  /** Nobody is told: the next chat finds out. */
  changed(): void {}

  learnt(): void {}

  drain(): void {
    this.#draining = true;
    this.#answerWaiting();
  }

  end(): void {
    for (const text of this.#waiting.splice(0)) this.#context.holding.give('input_bytes', memorySize(text));
    this.#generation?.cancel();
    this.#outbox.end();
  }

  /** Answers until a reply runs or nothing waits; the reply's end goes on from there. */
  #answerWaiting(): void {
    while (this.#generation === undefined) {
      if (this.#draining) return this.#outbox.close(CloseCode.goingAway, 'the server stops');
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#context.holding.give('input_bytes', memorySize(next));
      this.#answer(parsePlainClientFrame(next));
    }
  }

  #answer(parsed: ParsedPlainFrame): void {
    if (parsed.outcome === 'refused') return this.#outbox.send({ type: 'error', message: parsed.message });
    switch (parsed.frame.type) {
      case 'reset':
        this.#thread.reset();
        return this.#outbox.send({ type: 'reset_complete', message: 'Conversation history cleared' });
      case 'chat':
        return this.#chat(parsed.frame.messages);
    }
  }

  #chat(messages: Message[]): void {
    const refusal = this.#refusalOf(messages) ?? this.#takeRequest(messages);
    if (refusal !== undefined) return this.#refuse(refusal);
    const request: ThreadRequest = {
      messages,
      start: (history) => this.#generate(request, history),
      refuse: () => {
        this.#settle(request, undefined);
        this.#refuse(exchangeTooLarge);
      },
      cancel: () => this.#generation?.cancel(),
    };
    // Nothing else runs on it, so it starts now.
    this.#thread.join(request);
  }

  #refusalOf(messages: Message[]): Refusal | undefined {
    const { role, limits } = this.#context;
    return (
      (role === 'guest' ? guestRoles(messages) : undefined) ??
      imageRefusal(messages, this.#context) ??
      unsupportedPart(messages) ??
      listTooLong(messages, limits)
    );
  }

  #takeRequest(messages: Message[]): Refusal | undefined {
    const { holding } = this.#context;
    if (!holding.take('requests', 1)) return tooBusy;
    const bytes = memorySize(messages) + this.#thread.bytes;
    if (!holding.take('input_bytes', bytes)) {
      holding.give('requests', 1);
      return tooBusy;
    }
    this.#openBytes = bytes;
    return undefined;
  }

  /** The request is over, whatever it leaves. */
  #settle(request: ThreadRequest, reply: Message[] | undefined): void {
    const { holding } = this.#context;
    this.#generation = undefined;
    holding.give('requests', 1);
    holding.give('input_bytes', this.#openBytes);
    this.#thread.end(request, reply);
  }

  #refuse({ message }: Refusal): void {
    this.#outbox.send({ type: 'error', message });
  }

  #generate(request: ThreadRequest, history: Message[]): void {
    const { backend, limits, logger } = this.#context;
    const persona = personaOf(this.#context);
    try {
      this.#request = buildPrompt(persona, history);
      this.#generation = personaReply({
        backend,
        request: this.#request,
        persona,
        output: undefined,
        deadlines: deadlinesOf(limits),
        maxChars: limits.reply_chars,
        logger,
        onPart: guarded(this.#socket, (part) => this.#send(part)),
        onEnd: guarded(this.#socket, (end) => this.#ended(request, end)),
      });
      this.#generation.start();
    } catch (error) {
      this.#settle(request, undefined);
      this.#fail(error);
    }
  }

  /** What plain has no frame for, reasoning, is not sent. */
  #send(part: GenerationPart): void {
    if (part.type === 'text') this.#outbox.send({ type: 'delta', content: part.text });
    if (part.type === 'persona_frame') this.#outbox.sendPersonaFrame(part.frame, part.args);
  }

  #ended(request: ThreadRequest, end: GenerationEnd): void {
    this.#settle(request, storedReply(end));
    if (end.type === 'failed') this.#fail(end.error, end);
    else this.#outbox.send({ type: 'complete', content: end.text });
    // It may be large, and is of no use any more.
    this.#request = undefined;
    this.#answerWaiting();
    this.#context.news.check(personaOf(this.#context).model);
  }

  #fail(error: unknown, end?: GenerationEnd): void {
    const { message } = toWireError(error, this.#context, { request: this.#request, end });
    this.#outbox.send({ type: 'error', message });
  }
}
