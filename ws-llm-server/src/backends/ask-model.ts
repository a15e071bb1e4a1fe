/**
 * One request to a model server over HTTP, and its answer as it comes: the path of every reply, so without `fetch`, whose streams and
 * promises cost more than the request itself (docs/decisions/0004-our-own-stream.md). Knows no dialect, and takes no status for a failure.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { ArrivingBody } from './arriving-body.ts';
import { LineSplitter } from './line-splitter.ts';
import { modelAgent, replaceSocket, startRequest } from './model-sockets.ts';

export interface ModelQuestion {
  /** Default: POST where there is a body, else GET. */
  body?: object;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

/**
 * Called with each line as it arrives. An error that it throws closes the request. It returns `end`
 * if the reply is complete: the reading resolves at once, whatever else the body holds.
 */
type OnLine = (line: string) => 'end' | void;

export interface ModelAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /**
   * Reads the body line by line, to its end or until `onLine` returns `end`. Call once. Rejects if
   * the body breaks off.
   */
  read(onLine: OnLine): Promise<void>;
  /**
   * Reads the whole body instead. Closes the request if there is more than `maxBytes`. Rejects if
   * the body breaks off.
   */
  text(maxBytes: number): Promise<{ text: string; isCut: boolean }>;
}

/** How long and how much of a body is drained after its reply, to return its socket to the pool. */
const drainMs = 1_000;
const drainBytes = 64 * 1024;

/**
 * Resolves when the answer begins, whatever its status. An abort closes the request in any state; then this, or the reading, rejects.
 * Redirects are not followed, and nothing compressed is asked for.
 */
export function askModel(url: URL, { body, headers, signal }: ModelQuestion): Promise<ModelAnswer> {
  const { origin, pathname, search } = url;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const { isKept, end } = startRequest(origin);
    modelAgent.dispatch(
      {
        origin,
        path: pathname + search,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          'accept-encoding': 'identity',
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        ...(!isKept && { reset: true }),
      },
      new AnswerHandler({ origin, signal, resolve, reject, onEnd: end }),
    );
  });
}

interface Asking {
  origin: string;
  signal: AbortSignal;
  resolve: (answer: ModelAnswer) => void;
  reject: (error: unknown) => void;
  /** The socket is free or closed. May be called more than once. */
  onEnd: () => void;
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #asking: Asking;
  readonly #body = new ArrivingBody((reason) => this.#close(reason));
  readonly #onAbort = (): void => this.#close(this.#asking.signal.reason as Error);
  #controller: Dispatcher.DispatchController | undefined;
  #drain: { bytes: number; timer: NodeJS.Timeout } | undefined;

  constructor(asking: Asking) {
    this.#asking = asking;
    asking.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Again where a socket turned out to be closed before anything was sent on it. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    const { signal } = this.#asking;
    if (signal.aborted) controller.abort(signal.reason as Error);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 100 Continue and its like: the answer is still to come.
    if (status < 200) return;
    // Two buffers for each header, which undici keeps as long as the answer lasts.
    controller.rawHeaders = null;
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      return this.#close(new Error(`it compresses its answer with ${encoding.slice(0, 20)}, unasked`));
    }
    this.#asking.resolve({
      status,
      headers,
      read: (onLine) => this.#read(onLine),
      text: (maxBytes) => this.#text(maxBytes),
    });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#drain === undefined) return this.#body.push(chunk);
    this.#drain.bytes += chunk.length;
    if (this.#drain.bytes > drainBytes) this.#close(new Error('the reply is over'));
  }

  onResponseEnd(): void {
    this.#over();
    this.#body.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #read(onLine: OnLine): Promise<void> {
    const splitter = new LineSplitter((line) => {
      // The rest of a chunk after the reader has finished.
      if (!this.#body.isReading || onLine(line) !== 'end') return;
      this.#body.finish();
      this.#startDraining();
    });
    return this.#body.read({
      onChunk: (chunk) => splitter.push(chunk),
      onEnd: () => splitter.end(),
    });
  }

  async #text(maxBytes: number): Promise<{ text: string; isCut: boolean }> {
    const chunks: Buffer[] = [];
    let left = maxBytes;
    await this.#body.read({
      onChunk: (chunk) => {
        chunks.push(chunk.subarray(0, left));
        left -= chunk.length;
        if (left >= 0) return;
        this.#body.finish();
        this.#close(new Error('the answer is too long'));
      },
      onEnd: () => undefined,
    });
    return { text: new TextDecoder().decode(Buffer.concat(chunks)), isCut: left < 0 };
  }

  /**
   * The end of the body is usually on its way, and its socket can be used again after it. Some
   * servers leave the body open.
   */
  #startDraining(): void {
    const timer = setTimeout(() => this.#close(new Error('the reply is over')), drainMs);
    this.#drain = { bytes: 0, timer };
  }

  /** A request that still waits for its connection is told when it starts; whoever waits for it is told now. */
  #close(reason: Error): void {
    const isDrained = this.#drain !== undefined;
    this.#fail(reason);
    if (this.#controller === undefined || this.#controller.aborted) return;
    if (!isDrained) replaceSocket(this.#asking.origin);
    this.#controller.abort(reason);
  }

  /** Only one of the two has an effect: there is no body before the answer has begun. */
  #fail(error: Error): void {
    this.#over();
    this.#asking.reject(error);
    this.#body.fail(error);
  }

  #over(): void {
    clearTimeout(this.#drain?.timer);
    this.#asking.signal.removeEventListener('abort', this.#onAbort);
    this.#asking.onEnd();
  }
}
