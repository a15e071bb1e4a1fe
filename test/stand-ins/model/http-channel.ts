/** A reply as the body of an HTTP response: server-sent events, or a JSON value on each line. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Closed, type ReplyChannel, ReplyEnd } from './reply-channel.ts';
import type { Refusal } from './refusal.ts';

export class HttpChannel implements ReplyChannel {
  readonly #response: ServerResponse;
  readonly #end = new ReplyEnd();
  #endedByModel = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once('close', () => this.#end.note(this.#endedByModel ? 'model' : 'client'));
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get closed(): Promise<Closed> {
    return this.#end.closed;
  }

  refuse({ status, retryAfter, body }: Refusal): void {
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.#endedByModel = true;
    this.#response.end(body);
  }

  open(contentType: string): void {
    this.#response.writeHead(200, { 'content-type': contentType });
    this.#response.flushHeaders();
  }

  async send(events: readonly string[], pieceBytes: number | undefined): Promise<void> {
    const text = events.join('');
    if (text === '') return;
    if (pieceBytes === undefined) return this.#write(text);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      await this.#write(bytes.subarray(at, at + pieceBytes));
      // A piece is one of its own only where it is sent alone.
      await nextTurn(undefined, { signal: this.signal });
    }
  }

  end(): void {
    this.#endedByModel = true;
    this.#response.end();
  }

  cut(): void {
    this.end();
  }

  reset(): void {
    this.#endedByModel = true;
    // What was written in this turn leaves at its end, and is not lost by the reset.
    setImmediate(() => this.#response.socket?.resetAndDestroy());
  }

  async #write(piece: string | Buffer): Promise<void> {
    this.signal.throwIfAborted();
    // A model waits for a reader that is behind; so what was ended was also read, but for a few kilobytes.
    if (!this.#response.write(piece)) await once(this.#response, 'drain', { signal: this.signal });
  }
}
