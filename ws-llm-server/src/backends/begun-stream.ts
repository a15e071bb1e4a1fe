/** A reply up to the first sign that there will be one, within a time, for those who would ask somebody else otherwise. */
import { type Backend, BackendError, type BackendEvent, type BackendRequest } from '../backend.ts';

export interface BegunStream {
  backend: Backend;
  /** What it said so far; nothing that a person would see before the last of them. */
  events: BackendEvent[];
  rest: AsyncIterator<BackendEvent>;
  /** Ends it early. */
  stop: () => Promise<void>;
}

export interface BeginOptions {
  signal: AbortSignal;
  /** In milliseconds; undefined waits as long as it takes. */
  withinMs: number | undefined;
}

/**
 * Resolves once the model says anything. A stream that does not is closed before this rejects.
 * @throws BackendError `backend_timeout` where the time is up, `backend_failed` where the stream ends without a word; else what it throws
 */
export async function beginStream(
  backend: Backend,
  request: BackendRequest,
  { signal, withinMs }: BeginOptions,
): Promise<BegunStream> {
  const abort = new AbortController();
  const either = AbortSignal.any([signal, abort.signal]);
  const rest = backend.stream(request, { signal: either })[Symbol.asyncIterator]();
  const late = rejectLate(backend.name, withinMs);
  const events: BackendEvent[] = [];
  try {
    for (;;) {
      const { value, done } = await Promise.race([rest.next(), late.promise]);
      if (done === true) {
        const message = `${backend.name} broke off before it said anything. Try again.`;
        throw new BackendError('backend_failed', message, { retryable: true });
      }
      events.push(value);
      // What had to go is told before the model has said anything.
      if (value.type !== 'context') break;
    }
  } catch (error) {
    abort.abort();
    throw error;
  } finally {
    late.stop();
  }
  const stop = async (): Promise<void> => {
    abort.abort();
    // Whatever an aborted backend throws is of no interest.
    await rest.return?.().catch(() => undefined);
  };
  return { backend, events, rest, stop };
}

function rejectLate(
  name: string,
  withinMs: number | undefined,
): { promise: Promise<never>; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    if (withinMs === undefined) return;
    timer = setTimeout(() => {
      const message = `${name} did not begin to answer within ${withinMs} ms.`;
      reject(new BackendError('backend_timeout', message, { retryable: true }));
    }, withinMs);
  });
  return { promise, stop: () => clearTimeout(timer) };
}
