/**
 * One plain client: everything it sends is answered strictly in order, one at a time, from a bounded queue.
 * Its thread is all the memory it has. PROTOCOL.md, section 9.
 */
import { CloseCode, type Message, type ParsedPlainFrame, parsePlainClientFrame } from '@ws-llm/protocol';
import { buildPrompt } from '../context/prompt.ts';
import { Thread, type Turn } from '../context/thread.ts';
import type { Generation, GenerationEnd, GenerationPart } from '../reply/generation.ts';
import { personaReply } from '../reply/persona-reply.ts';
import type { ClientConnection, ClientSocket } from './client-socket.ts';
import { type ConnectionContext, personaOf } from './connection-context.ts';
import { deadlinesOf } from './deadlines.ts';
import { Outbox } from './outbox.ts';
import { guestRoles, listTooLong } from './refusal.ts';
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
  #generation: Generation | undefined;
  #draining = false;

  constructor(socket: ClientSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#outbox = new Outbox(socket, context.limits);
    this.#thread = new Thread(context.turnLimits);
  }

  receive(text: string): void {
    if (this.#waiting.length >= maxWaiting) {
      return this.#socket.close(CloseCode.overloaded, `more than ${maxWaiting} frames wait for an answer`);
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
    this.#waiting.length = 0;
    this.#generation?.cancel();
    this.#outbox.end();
  }

  /** Answers until a reply runs or nothing waits; the reply's end goes on from there. */
  #answerWaiting(): void {
    while (this.#generation === undefined) {
      if (this.#draining) return this.#outbox.close(CloseCode.goingAway, 'the server stops');
      const next = this.#waiting.shift();
      if (next === undefined) return;
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
    const { role, limits } = this.#context;
    const refusal = (role === 'guest' ? guestRoles(messages) : undefined) ?? listTooLong(messages, limits);
    if (refusal !== undefined) return this.#outbox.send({ type: 'error', message: refusal.message });
    const turn: Turn = {
      messages,
      start: (history) => this.#generate(turn, history),
      cancel: () => this.#generation?.cancel(),
    };
    // Nothing else runs on it, so it starts now.
    this.#thread.join(turn);
  }

  #generate(turn: Turn, history: Message[]): void {
    const { backend, limits, logger } = this.#context;
    const persona = personaOf(this.#context);
    try {
      this.#generation = personaReply({
        backend,
        request: buildPrompt(persona, history),
        persona,
        output: undefined,
        deadlines: deadlinesOf(limits),
        maxChars: limits.reply_chars,
        logger,
        onPart: (part) => this.#send(part),
        onEnd: (end) => this.#ended(turn, end),
      });
      this.#generation.start();
    } catch (error) {
      this.#thread.end(turn, undefined);
      this.#fail(error);
    }
  }

  /** What plain has no frame for, reasoning, is not sent. */
  #send(part: GenerationPart): void {
    if (part.type === 'text') this.#outbox.send({ type: 'delta', content: part.text });
    if (part.type === 'persona_frame') this.#outbox.sendPersonaFrame(part.frame, part.args);
  }

  #ended(turn: Turn, end: GenerationEnd): void {
    this.#generation = undefined;
    this.#thread.end(turn, storedReply(end));
    if (end.type === 'failed') this.#fail(end.error);
    else this.#outbox.send({ type: 'complete', content: end.text });
    this.#answerWaiting();
    this.#context.news.check(personaOf(this.#context).model);
  }

  #fail(error: unknown): void {
    this.#outbox.send({ type: 'error', message: toWireError(error, this.#context).message });
  }
}
