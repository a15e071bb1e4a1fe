/**
 * One v1 client: tells it who answers, and hands its frames on. Knows no request from inside.
 */
import { type ClientFrame, CloseCode, parseClientFrame } from '@ws-llm/protocol';
import { type ClientConnection, type ClientSocket, guarded } from './client-socket.ts';
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
  #hasIgnored = false;

  constructor(socket: ClientSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#outbox = new Outbox(socket, context.limits, context.holding);
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
        return this.#ignored(parsed.type);
      case 'fatal':
        return this.#socket.close(CloseCode.badFrame, parsed.message);
    }
  }

  changed(): void {
    guarded(this.#socket, () => this.#tellReady())();
  }

  learnt(): void {
    guarded(this.#socket, () => {
      if (!isTold(this.#toldModel, readyModel(this.#context))) this.#tellReady();
    })();
  }

  drain(graceMs: number): void {
    guarded(this.#socket, () => {
      this.#outbox.send({ type: 'closing', grace_ms: graceMs });
      this.#requests.drain();
    })();
  }

  end(): void {
    guarded(this.#socket, () => this.#begunRequests?.end())();
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

  /** Once per connection: a client may send thousands, each with a type of its own choice. */
  #ignored(type: string): void {
    if (this.#hasIgnored) return;
    this.#hasIgnored = true;
    this.#context.logger.info({}, 'frames of an unknown type are ignored; this is said once per connection');
    this.#context.logger.debug({ type: type.slice(0, 64) }, 'the first of them');
  }

  #tellReady(): void {
    this.#toldModel = readyModel(this.#context);
    this.#outbox.send(readyFrame(this.#context, this.#toldModel));
  }
}
