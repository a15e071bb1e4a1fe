/**
 * The loading of one model. It belongs to the server, not to the request that caused it: Ollama gives up a load when its client
 * leaves, so that a client which loses patience and asks again would start it from the beginning for ever. Sends nothing itself.
 */
import { unlessAborted } from './unless-aborted.ts';

export interface ModelLoadOptions {
  /** Resolves when the model is loaded; at once where it is already. */
  load: (signal: AbortSignal) => Promise<void>;
  /** How long the model stays after its last use, in milliseconds; Infinity: for ever. */
  keptForMs: number;
}

/** A host that vanished without a word is found out some day; the largest models from the slowest disks are there before. */
const maxLoadMs = 1_800_000;
/** Two clocks and a network are between us and the one who unloads. */
const trusted = 0.9;

export class ModelLoad {
  readonly #load: ModelLoadOptions['load'];
  readonly #trustedMs: number;
  readonly #closing = new AbortController();
  #trustedUntil = -Infinity;
  #running: Promise<void> | undefined;

  constructor({ load, keptForMs }: ModelLoadOptions) {
    this.#load = load;
    this.#trustedMs = keptForMs * trusted;
  }

  /**
   * Resolves when the model is loaded, without asking anybody where it was used lately; else joins the load that runs, or starts it.
   * Rejects as that load does, or when `signal` aborts, which the load does not notice.
   */
  async ready(signal: AbortSignal): Promise<void> {
    if (performance.now() < this.#trustedUntil) return;
    await unlessAborted(this.#join(), signal);
  }

  /** The model was seen at work. */
  used(): void {
    this.#trustedUntil = performance.now() + this.#trustedMs;
  }

  /** The model may be gone: the next request asks. */
  doubt(): void {
    this.#trustedUntil = -Infinity;
  }

  /**
   * A request was abandoned before the model said anything, perhaps because it had to load, which is given up now. Sees to it that
   * it is loaded when the next request comes. Not for a model that is not kept.
   */
  renew(): void {
    this.doubt();
    // A failure is for who waits then, or for the next one.
    if (this.#trustedMs > 0) this.#join().catch(() => undefined);
  }

  /** Gives up the load that runs. */
  close(): void {
    this.#closing.abort();
  }

  #join(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    await this.#load(AbortSignal.any([this.#closing.signal, AbortSignal.timeout(maxLoadMs)]));
    this.used();
  }
}
