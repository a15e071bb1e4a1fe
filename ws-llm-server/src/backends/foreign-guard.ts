/** Calls code that is not ours where an error would be fatal: reports the error once instead. */
import { BackendError, type BackendRequest } from '../backend.ts';
import { messageOf } from '../thrown.ts';

export interface ContractOptions {
  /** Names the code in messages, such as `./my-backend.js`. Default: the backend's name. */
  culprit?: string;
  /** Called once for each member or listener that throws. `request`: the request that ran. */
  onFault?: (error: BackendError, request?: BackendRequest) => void;
}

export class ForeignGuard {
  readonly #options: ContractOptions;
  readonly #reported = new Set<string>();

  constructor(options: ContractOptions) {
    this.#options = options;
  }

  /** Returns what `get` returns; undefined if it throws. `what` names it in the report. */
  read<T>(what: string, get: () => T): T | undefined {
    try {
      return get();
    } catch (error) {
      this.report(what, messageOf(error));
      return undefined;
    }
  }

  /** For calls without a result. A promise that rejects is reported, too. */
  run(what: string, act: () => unknown): void {
    const result = this.read(what, act);
    Promise.resolve(result).catch((error: unknown) => this.report(what, messageOf(error)));
  }

  /** Reports each `what` once. */
  report(what: string, said: string, request?: BackendRequest): void {
    if (this.#reported.has(what)) return;
    this.#reported.add(what);
    const { culprit = 'the backend', onFault } = this.#options;
    onFault?.(
      new BackendError('backend_failed', `${culprit}: ${what} threw`, { retryable: false, said }),
      request,
    );
  }
}
