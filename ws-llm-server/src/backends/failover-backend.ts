/**
 * Several backends as one: the first in order answers, the next where it is away or does not begin in time. Never after anything was
 * sent. One that failed is left alone for a while, then comes first again. Knows no kind of backend; retries and deadlines of the whole
 * are the generation's.
 */
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendRequest,
  type BackendWarmth,
  type ModelInfo,
} from '../backend.ts';
import { beginStream } from './begun-stream.ts';
import { boundMethod } from './bound-method.ts';
import { UnknownModelError } from './unknown-model.ts';

export interface FailoverOptions {
  /** In order of preference, two at least. */
  backends: readonly Backend[];
  /** How long each but the last may take to begin its answer, in milliseconds. */
  afterMs: number;
  /** How long one that failed is left alone, in milliseconds; longer where it asked for that. Default: 30 s. */
  restMs?: number;
  /** Hears of each failure that another backend is to make good. */
  onFailure?: (backend: string, error: BackendError) => void;
}

interface Candidate {
  readonly backend: Backend;
  restsUntil: number;
}

type Attempt<T> = (backend: Backend, request: BackendRequest, isLast: boolean) => Promise<T>;

const defaultRestMs = 30_000;

/** What another backend would not do better. */
const aboutRequest: readonly string[] = ['bad_request', 'context_too_long'];

export class FailoverBackend implements Backend {
  readonly #candidates: readonly Candidate[];
  readonly #options: FailoverOptions;
  readonly name: string;
  readonly warm?: NonNullable<Backend['warm']>;
  readonly models?: NonNullable<Backend['models']>;
  readonly pull?: NonNullable<Backend['pull']>;
  readonly load?: NonNullable<Backend['load']>;
  readonly unload?: NonNullable<Backend['unload']>;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#candidates = options.backends.map((backend) => ({ backend, restsUntil: -Infinity }));
    this.name = options.backends.map(({ name }) => name).join(',');
    const { backends } = options;
    if (backends.some((backend) => boundMethod(backend, 'warm')))
      this.warm = (...asked) => this.#warm(...asked);
    if (backends.some((backend) => boundMethod(backend, 'models')))
      this.models = (asked) => this.#models(asked);
    // What is done with models is done where it can be; nobody else has a say in it.
    const [pull] = backends.flatMap((backend) => boundMethod(backend, 'pull') ?? []);
    const [load] = backends.flatMap((backend) => boundMethod(backend, 'load') ?? []);
    const [unload] = backends.flatMap((backend) => boundMethod(backend, 'unload') ?? []);
    if (pull !== undefined) this.pull = pull;
    if (load !== undefined) this.load = load;
    if (unload !== undefined) this.unload = unload;
  }

  /** The first one's. Who answered is told by each reply. */
  get model(): string | undefined {
    return this.#candidates[0]?.backend.model;
  }

  close(): void {
    for (const { backend } of this.#candidates) backend.close?.();
  }

  async *stream(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    const begun = await this.#first(request, signal, (backend, asked, isLast) =>
      beginStream(backend, asked, { signal, withinMs: isLast ? undefined : this.#options.afterMs }),
    );
    let ended = false;
    try {
      for (const event of begun.events) yield named(event, begun.backend);
      for (;;) {
        const { value, done } = await begun.rest.next();
        ended = done === true;
        if (done === true) return;
        yield named(value, begun.backend);
      }
    } finally {
      if (!ended) await begun.stop();
    }
  }

  #warm(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth> {
    return this.#first(
      request,
      options.signal,
      async (backend, asked) => (await backend.warm?.(asked, options)) ?? {},
    );
  }

  async #models(options: { signal: AbortSignal }): Promise<ModelInfo[]> {
    const asked = await Promise.allSettled(
      this.#candidates.map(async ({ backend }) =>
        ((await backend.models?.(options)) ?? []).map((model) => ({ ...model, backend: backend.name })),
      ),
    );
    const failed = asked.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    if (failed.length === asked.length) throw failed[0];
    return asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  /** The outcome of the first attempt that succeeds; those that failed lately are tried last. */
  async #first<T>(request: BackendRequest, signal: AbortSignal, attempt: Attempt<T>): Promise<T> {
    const order = this.#order();
    const failures: BackendError[] = [];
    const lacking: { candidate: Candidate; error: UnknownModelError }[] = [];
    const tryOne = async (
      candidate: Candidate,
      asked: BackendRequest,
      isLast: boolean,
    ): Promise<[T] | undefined> => {
      try {
        const outcome = await attempt(candidate.backend, asked, isLast);
        candidate.restsUntil = -Infinity;
        return [outcome];
      } catch (error) {
        if (signal.aborted || !(error instanceof BackendError)) throw error;
        if (error instanceof UnknownModelError) {
          lacking.push({ candidate, error });
          return undefined;
        }
        if (aboutRequest.includes(error.code)) throw error;
        this.#rest(candidate, error);
        failures.push(error);
        return undefined;
      }
    };
    for (const [index, candidate] of order.entries()) {
      const isLast = index === order.length - 1 && lacking.length === 0;
      const outcome = await tryOne(candidate, request, isLast);
      if (outcome !== undefined) return outcome[0];
    }
    // The model that was asked for is away, or nobody has it: an answer by another is better than none only where it is away.
    if (failures.length === 0) throw together(lacking.map(({ error }) => error));
    const { model: _, ...anyModel } = request;
    for (const [index, { candidate }] of lacking.splice(0).entries()) {
      const outcome = await tryOne(candidate, anyModel, index === order.length - 1);
      if (outcome !== undefined) return outcome[0];
    }
    throw together(failures);
  }

  #order(): Candidate[] {
    const now = performance.now();
    const isRested = ({ restsUntil }: Candidate): boolean => restsUntil <= now;
    return [
      ...this.#candidates.filter((one) => isRested(one)),
      ...this.#candidates.filter((one) => !isRested(one)),
    ];
  }

  #rest(candidate: Candidate, error: BackendError): void {
    const { restMs = defaultRestMs, onFailure } = this.#options;
    candidate.restsUntil = performance.now() + Math.max(restMs, error.retryAfterMs ?? 0);
    onFailure?.(candidate.backend.name, error);
  }
}

function named(event: BackendEvent, { name, model }: Backend): BackendEvent {
  if (event.type !== 'finish') return event;
  const answered = event.model ?? model;
  return { ...event, backend: event.backend ?? name, ...(answered !== undefined && { model: answered }) };
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
    ...(waits.length > 0 && { retryAfterMs: Math.min(...waits) }),
    cause: last,
  });
}
