/**
 * One v1 client: tells it who answers, and hands its frames on. Knows no request from inside.
 */
import { type ClientFrame, CloseCode, parseClientFrame } from '@ws-llm/protocol';
import type { ClientConnection, ClientSocket } from './client-socket.ts';
import type { ConnectionContext } from './connection-context.ts';
import { Outbox } from './outbox.ts';
import { isTold, readyFrame, type ReadyModel, readyModel } from './ready-frame.ts';
import { V1Requests } from './v1-requests.ts';

export class V1Connection implements ClientConnection {
  readonly #socket: ClientSocket;
  readonly #context: ConnectionContext;
  readonly #outbox: Outbox;
  #begunRequests: V1Requests | undefined;
  #toldModel: ReadyModel | undefined;

  constructor(socket: ClientSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#outbox = new Outbox(socket, context.limits);
    this.#tellReady();
  }

  receive(text: string): void {
    const parsed = parseClientFrame(text);
    switch (parsed.outcome) {
      case 'frame':
        return this.#handle(parsed.frame);
      case 'refused':
        return this.#requests.refused(parsed);
      case 'unknown':
        return this.#context.logger.info(
          { type: parsed.type.slice(0, 64) },
          'frame of an unknown type ignored',
        );
      case 'fatal':
        return this.#socket.close(CloseCode.badFrame, parsed.message);
    }
  }

  changed(): void {
    this.#tellReady();
  }

  learnt(): void {
    if (!isTold(this.#toldModel, readyModel(this.#context))) this.#tellReady();
  }

  drain(graceMs: number): void {
    this.#outbox.send({ type: 'closing', grace_ms: graceMs });
    this.#requests.drain();
  }

  end(): void {
    this.#begunRequests?.end();
    this.#outbox.end();
  }

  /** Begun with the first: a client that has not asked anything costs little. */
  get #requests(): V1Requests {
    return (this.#begunRequests ??= new V1Requests(this.#socket, this.#context, this.#outbox));
  }

  #handle(frame: ClientFrame): void {
    switch (frame.type) {
      case 'chat':
      case 'warm':
        return this.#requests.start(frame);
      case 'cancel':
        return this.#requests.cancel(frame.id);
      case 'reset':
        return this.#requests.reset(frame);
      case 'ping':
        return this.#outbox.send({ type: 'pong' });
    }
  }

  #tellReady(): void {
    this.#toldModel = readyModel(this.#context);
    this.#outbox.send(readyFrame(this.#context, this.#toldModel));
  }
}
