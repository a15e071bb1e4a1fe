/**
 * Several backends as one: the first in order answers, the next where it is away or does not begin in time. Never after anything was
 * sent. One that failed is left alone for a while, then comes first again. Knows no kind of backend; retries and deadlines of the whole
 * are the generation's.
 */
import type {
  Backend,
  BackendError,
  BackendEvent,
  BackendListener,
  BackendRequest,
  BackendWarmth,
  ModelInfo,
} from '../backend.ts';
import { boundMethod } from './bound-method.ts';
import { type Attempt, type Candidate, failoverAttempts } from './failover-attempts.ts';
import { replyInTime } from './reply-in-time.ts';

export interface FailoverOptions {
  /** In order of preference, two at least. */
  backends: readonly Backend[];
  /** How long each but the last may take to begin its answer, in milliseconds. */
  afterMs: number;
  /** How long one that failed is left alone, in milliseconds; longer where it asked for that. Default: 30 s. */
  restMs?: number;
  /** Hears of each failure that another backend is to make good. */
  onFailure?: (failure: FailedBackend) => void;
}

/** One of several backends that failed. */
export interface FailedBackend {
  backend: Backend;
  error: BackendError;
  /** What it was asked. */
  request: BackendRequest;
}

const defaultRestMs = 30_000;

export class FailoverBackend implements Backend {
  readonly #candidates: readonly Candidate[];
  readonly #options: FailoverOptions;
  #current: Candidate | undefined;
  readonly name: string;
  readonly warm?: NonNullable<Backend['warm']>;
  readonly models?: NonNullable<Backend['models']>;
  readonly pull?: NonNullable<Backend['pull']>;
  readonly load?: NonNullable<Backend['load']>;
  readonly unload?: NonNullable<Backend['unload']>;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#candidates = options.backends.map((backend) => ({ backend, restsUntil: -Infinity }));
    this.#current = this.#candidates[0];
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

  get secrets(): readonly string[] {
    return this.#candidates.flatMap(({ backend }) => backend.secrets ?? []);
  }

  close(): void {
    for (const { backend } of this.#candidates) backend.close?.();
  }

  /** That of whoever answered last: it would answer next. */
  takesTools(model: string | undefined): boolean | undefined {
    return this.#current?.backend.takesTools?.(model);
  }

  async reply(request: BackendRequest, { signal, onEvent }: BackendListener): Promise<void> {
    let hasBegun = false as boolean;
    for (const attempt of this.#attempts(request)) {
      const { candidate, request: asked, isLast } = attempt;
      const { backend } = candidate;
      const model = asked.model ?? backend.model;
      onEvent({ type: 'answering', backend: backend.name, ...(model !== undefined && { model }) });
      try {
        return await replyInTime(backend, asked, {
          signal,
          withinMs: isLast ? undefined : this.#options.afterMs,
          onBegin: () => {
            hasBegun = true;
            this.#succeeded(candidate);
          },
          onEvent: (event) => onEvent(named(event, backend)),
        });
      } catch (error) {
        if (hasBegun || signal.aborted) throw error;
        attempt.failed(error);
      }
    }
  }

  async #warm(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth> {
    for (const attempt of this.#attempts(request)) {
      const { candidate, request: asked } = attempt;
      try {
        const warmth = (await candidate.backend.warm?.(asked, options)) ?? {};
        this.#succeeded(candidate);
        return warmth;
      } catch (error) {
        if (options.signal.aborted) throw error;
        attempt.failed(error);
      }
    }
    throw new RangeError('attempts end by throwing');
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

  #attempts(request: BackendRequest): Generator<Attempt, never, undefined> {
    const { restMs = defaultRestMs, onFailure } = this.#options;
    return failoverAttempts(this.#candidates, request, (candidate, error) => {
      candidate.restsUntil = performance.now() + Math.max(restMs, error.retryAfterMs ?? 0);
      onFailure?.({ backend: candidate.backend, error, request });
    });
  }

  #succeeded(candidate: Candidate): void {
    candidate.restsUntil = -Infinity;
    this.#current = candidate;
  }
}

/** Which model it is may be known only at the end. */
function named(event: BackendEvent, { model }: Backend): BackendEvent {
  return event.type === 'finish' && event.model === undefined && model !== undefined
    ? { ...event, model }
    : event;
}
