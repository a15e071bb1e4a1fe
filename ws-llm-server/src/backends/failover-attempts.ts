/**
 * Whom to ask in turn for one request, of several backends: those that are rested first, and why none of them answered. Remembers who
 * failed; asks nobody itself.
 */
import { type Backend, BackendError, type BackendRequest } from '../backend.ts';
import { UnknownModelError } from './unknown-model.ts';

/** One of several backends. */
export interface Candidate {
  readonly backend: Backend;
  /** On the clock of `performance.now()`. */
  restsUntil: number;
}

/** One backend's turn. Whoever takes it tells how it went before the next. */
export interface Attempt {
  readonly candidate: Candidate;
  readonly request: BackendRequest;
  /** Nobody comes after it. */
  readonly isLast: boolean;
  /** @throws `error` where another backend would do no better, or it is no BackendError */
  failed(error: unknown): void;
}

/** What another backend would not do better. */
const aboutRequest: readonly string[] = ['bad_request', 'context_too_long'];

/**
 * In order of preference, but those that failed lately last. A request that names a model goes to the others without that name where the
 * one that has it is away.
 * @param onFailure hears of each failure that another backend is to make good
 * @throws BackendError after the last one, with all that went wrong
 */
export function* failoverAttempts(
  candidates: readonly Candidate[],
  request: BackendRequest,
  onFailure: (candidate: Candidate, error: BackendError) => void,
): Generator<Attempt, never, undefined> {
  const order = inOrder(candidates);
  const failures: BackendError[] = [];
  const lacking: { candidate: Candidate; error: UnknownModelError }[] = [];
  const turn = (candidate: Candidate, asked: BackendRequest, isLast: boolean): Attempt => ({
    candidate,
    request: asked,
    isLast,
    failed(error) {
      if (!(error instanceof BackendError)) throw error;
      if (error instanceof UnknownModelError) return void lacking.push({ candidate, error });
      if (aboutRequest.includes(error.code)) throw error;
      onFailure(candidate, error);
      failures.push(error);
    },
  });
  for (const [index, candidate] of order.entries()) {
    yield turn(candidate, request, index === order.length - 1 && lacking.length === 0);
  }
  // The model that was asked for is away, or nobody has it: an answer by another is better than none only where it is away.
  if (failures.length === 0) throw together(lacking.map(({ error }) => error));
  const { model: _, ...anyModel } = request;
  const others = lacking.splice(0);
  for (const [index, { candidate }] of others.entries()) {
    yield turn(candidate, anyModel, index === others.length - 1);
  }
  throw together(failures);
}

function inOrder(candidates: readonly Candidate[]): Candidate[] {
  const now = performance.now();
  const isRested = ({ restsUntil }: Candidate): boolean => restsUntil <= now;
  return [...candidates.filter((one) => isRested(one)), ...candidates.filter((one) => !isRested(one))];
}

/** All that went wrong, as one. */
function together(errors: readonly BackendError[]): BackendError {
  const [first] = errors;
  const last = errors.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('no backend was asked');
  if (first === last) return first;
  const waits = errors.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  return new BackendError(last.code, errors.map(({ message }) => message).join(' '), {
    retryable: errors.some(({ retryable }) => retryable),
    failures: errors,
    ...(waits.length > 0 && { retryAfterMs: Math.min(...waits) }),
    cause: last,
  });
}
