/**
 * One plain client: everything it sends is answered strictly in order, one at a time, from a bounded queue.
 * Its thread is all the memory it has. PROTOCOL.md, section 9.
 */
import {
  CloseCode,
  encodeFrame,
  type Message,
  type ParsedPlainFrame,
  parsePlainClientFrame,
  type PlainServerFrame,
} from '@ws-llm/protocol';
import { buildPrompt } from '../context/prompt.ts';
import { Thread, type Turn } from '../context/thread.ts';
import { Generation, type GenerationEnd } from '../generation.ts';
import type { ClientConnection, ClientSocket } from './client-socket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { guestRoles } from './refusal.ts';
import { storedReply } from './stored-reply.ts';
import { toWireError } from './wire-error.ts';

const maxWaiting = 64;

export class PlainConnection implements ClientConnection {
  readonly #socket: ClientSocket;
  readonly #context: ConnectionContext;
  readonly #thread: Thread;
  readonly #waiting: ParsedPlainFrame[] = [];
  #generation: Generation | undefined;
  #draining = false;

  constructor(socket: ClientSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#thread = new Thread(context.turnLimits);
  }

  receive(text: string): void {
    if (this.#waiting.length >= maxWaiting) {
      return this.#socket.close(CloseCode.overloaded, `more than ${maxWaiting} frames wait for an answer`);
    }
    this.#waiting.push(parsePlainClientFrame(text));
    this.#answerWaiting();
  }

  drain(): void {
    this.#draining = true;
    this.#answerWaiting();
  }

  end(): void {
    this.#waiting.length = 0;
    this.#generation?.cancel();
  }

  /** Answers until a reply runs or nothing waits; the reply's end goes on from there. */
  #answerWaiting(): void {
    while (this.#generation === undefined) {
      if (this.#draining) return this.#socket.close(CloseCode.goingAway, 'the server stops');
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#answer(next);
    }
  }

  #answer(parsed: ParsedPlainFrame): void {
    if (parsed.outcome === 'refused') return this.#send({ type: 'error', message: parsed.message });
    switch (parsed.frame.type) {
      case 'reset':
        this.#thread.reset();
        return this.#send({ type: 'reset_complete', message: 'Conversation history cleared' });
      case 'chat':
        return this.#chat(parsed.frame.messages);
    }
  }

  #chat(messages: Message[]): void {
    const { role } = this.#context;
    const refusal = role === 'guest' ? guestRoles(messages) : undefined;
    if (refusal !== undefined) return this.#send({ type: 'error', message: refusal.message });
    const turn: Turn = {
      messages,
      start: (history) => this.#generate(turn, history),
      cancel: () => this.#generation?.cancel(),
    };
    // Nothing else runs on it, so it starts now.
    this.#thread.join(turn);
  }

  #generate(turn: Turn, history: Message[]): void {
    const { backend, persona, limits } = this.#context;
    try {
      this.#generation = new Generation({
        backend,
        request: buildPrompt(persona, history),
        deadlines: { firstTokenMs: limits.first_token_ms, idleMs: limits.idle_ms, totalMs: limits.total_ms },
        maxChars: limits.reply_chars,
        onPart: (part) => {
          if (part.type === 'text') this.#send({ type: 'delta', content: part.text });
        },
        onEnd: (end) => this.#ended(turn, end),
      });
    } catch (error) {
      this.#thread.end(turn, undefined);
      this.#fail(error);
    }
  }

  #ended(turn: Turn, end: GenerationEnd): void {
    this.#generation = undefined;
    this.#thread.end(turn, storedReply(end));
    if (end.type === 'failed') this.#fail(end.error);
    else this.#send({ type: 'complete', content: end.text });
    this.#answerWaiting();
  }

  #fail(error: unknown): void {
    this.#send({ type: 'error', message: toWireError(error, this.#context).message });
  }

  #send(frame: PlainServerFrame): void {
    this.#socket.send(encodeFrame(frame));
  }
}
