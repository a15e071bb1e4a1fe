/**
 * Runs one reply of a backend that is not ours: it ends with its finish, an error or an abort,
 * whichever comes first, and later events are dropped. A reply without a finish event is a fault of
 * that backend.
 */
import { BackendError, type BackendListener, type BackendRequest } from '../backend.ts';
import { guardedSignal } from '../guarded-signal.ts';
import { toBackendError } from './foreign-error.ts';
import { ForeignEvents } from './foreign-events.ts';
import type { ForeignGuard } from './foreign-guard.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface Foreign {
  /** Names it in failures of its model. */
  name: string;
  /** Names it in faults of its own. */
  culprit: string;
  guard: ForeignGuard;
  reply: (request: BackendRequest, listener: BackendListener) => unknown;
}

/** @throws BackendError; after an abort its reason */
export async function enforcedReply(
  { name, culprit, guard, reply }: Foreign,
  request: BackendRequest,
  listener: BackendListener,
): Promise<void> {
  const { signal } = listener;
  const events = new ForeignEvents(culprit, request, listener);
  const stop = new AbortController();
  let hasBegun = false as boolean;
  let isOver = false as boolean;
  const over = new Promise<void>((resolve, reject) => {
    const hear = (event: unknown): void => {
      if (isOver || signal.aborted) return;
      hasBegun = true;
      try {
        if (!events.read(event)) return;
        isOver = true;
        resolve();
      } catch (error) {
        isOver = true;
        // Rejects instead of throwing: a timer or a socket may call this, and nothing would catch
        // it.
        reject(error);
        stop.abort();
      }
    };
    const inner = guardedSignal([signal, stop.signal], (said) =>
      guard.report('an abort listener', said, request),
    );
    const end = (): void => {
      const message = `${culprit} ended its reply without a finish event.`;
      if (isOver) resolve();
      else reject(new BackendError('backend_failed', message, { retryable: true }));
    };
    Promise.resolve(reply(request, { signal: inner, onEvent: hear })).then(end, reject);
  });
  try {
    await unlessAborted(over, signal);
  } catch (error) {
    isOver = true;
    const failure = signal.aborted ? error : await toBackendError(name, error, hasBegun);
    // Abort last: a thrown Response needs its request for its body. A retry must not run beside it.
    stop.abort();
    throw failure;
  }
  isOver = true;
}
