/** A reply that is given up where it does not begin in time, for those who would ask somebody else otherwise. */
import { type Backend, BackendError, type BackendEvent, type BackendRequest } from '../backend.ts';

export interface TimedListener {
  signal: AbortSignal;
  /** Hears nothing of a reply that does not begin. */
  onEvent: (event: BackendEvent) => void;
  /** Before the first event. */
  onBegin: () => void;
  /** In milliseconds; undefined waits as long as it takes. */
  withinMs: number | undefined;
}

/**
 * Begins with the first word of the model, whatever it is. A reply that does not is closed before this rejects.
 * @throws BackendError `backend_timeout` where the time is up, `backend_failed` where the reply ends without a word; else what it throws
 */
export async function replyInTime(
  backend: Backend,
  request: BackendRequest,
  { signal, onEvent, onBegin, withinMs }: TimedListener,
): Promise<void> {
  const abort = new AbortController();
  const late = rejectLate(backend.name, withinMs, () => abort.abort());
  const held: BackendEvent[] = [];
  let hasBegun = false as boolean;
  const hear = (event: BackendEvent): void => {
    if (hasBegun) return onEvent(event);
    if (abort.signal.aborted) return;
    held.push(event);
    // What had to go is told before the model has said anything.
    if (event.type === 'context') return;
    hasBegun = true;
    late.stop();
    onBegin();
    for (const one of held) onEvent(one);
  };
  const listener = { signal: AbortSignal.any([signal, abort.signal]), onEvent: hear };
  try {
    await Promise.race([backend.reply(request, listener), late.promise]);
    if (!hasBegun) {
      const message = `${backend.name} broke off before it said anything. Try again.`;
      throw new BackendError('backend_failed', message, { retryable: true });
    }
  } catch (error) {
    if (!hasBegun) abort.abort();
    throw error;
  } finally {
    late.stop();
  }
}

function rejectLate(
  name: string,
  withinMs: number | undefined,
  onLate: () => void,
): { promise: Promise<never>; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    if (withinMs === undefined) return;
    timer = setTimeout(() => {
      // Here, not where the rejection is heard: what is told between the two would count as a beginning.
      onLate();
      const message = `${name} did not begin to answer within ${withinMs} ms.`;
      reject(new BackendError('backend_timeout', message, { retryable: true }));
    }, withinMs);
  });
  return { promise, stop: () => clearTimeout(timer) };
}
