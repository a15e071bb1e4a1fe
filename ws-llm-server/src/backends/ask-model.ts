/**
 * One request to a model server over HTTP, and its answer as it comes: the path of every reply, so without `fetch`, whose streams and
 * promises cost more than the request itself (docs/decisions/0004-our-own-stream.md). Knows no dialect, and takes no status for a failure.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { ArrivingLines, type OnLine } from './arriving-lines.ts';
import { modelAgent, replaceSocket } from './model-sockets.ts';

export interface ModelQuestion {
  /** Default: POST where there is a body, else GET. */
  body?: object;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

export interface ModelAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The lines of the body as they come; once, and to its end. What `onLine` throws closes the request. Rejects where the body breaks off. */
  read(onLine: OnLine): Promise<void>;
}

/**
 * Resolves when the answer begins, whatever its status. An abort closes the request in any state; then this, or the reading, rejects.
 * Redirects are not followed, and nothing compressed is asked for.
 */
export function askModel(url: URL, { body, headers, signal }: ModelQuestion): Promise<ModelAnswer> {
  const { origin, pathname, search } = url;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
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
      },
      new AnswerHandler(origin, signal, resolve, reject),
    );
  });
}

/** The body as a whole; of an answer that only points elsewhere, where to. @throws where it breaks off */
export async function textOf(answer: ModelAnswer): Promise<string> {
  const all: string[] = [];
  await answer.read((line) => void all.push(line));
  const { status } = answer;
  const { location } = answer.headers;
  if (status >= 300 && status < 400 && location !== undefined)
    return `moved to ${location}; set that address`;
  return all.join('\n');
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #origin: string;
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: ModelAnswer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #lines = new ArrivingLines((reason) => this.#close(reason));
  readonly #onAbort = (): void => this.#close(this.#signal.reason as Error);
  #controller: Dispatcher.DispatchController | undefined;

  constructor(
    origin: string,
    signal: AbortSignal,
    resolve: (answer: ModelAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#origin = origin;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Again where a socket turned out to be closed before anything was sent on it. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason as Error);
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
    if (encoding !== 'identity') this.#close(new Error(`it compresses its answer with ${encoding}, unasked`));
    else this.#resolve({ status, headers, read: (onLine) => this.#lines.read(onLine) });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#lines.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  /** A request that still waits for its connection is told when it starts; whoever waits for it is told now. */
  #close(reason: Error): void {
    this.#fail(reason);
    if (this.#controller === undefined || this.#controller.aborted) return;
    replaceSocket(this.#origin);
    this.#controller.abort(reason);
  }

  /** Of the two only one hears: before the answer began there are no lines, and after it nobody to reject. */
  #fail(error: Error): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#reject(error);
    this.#lines.fail(error);
  }
}
