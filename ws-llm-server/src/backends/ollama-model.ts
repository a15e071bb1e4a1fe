/**
 * One model at one Ollama: its loading, and what is known of it from its answers: how it thinks, whether it sees and takes tools, how
 * much it takes.
 * Knows no chat.
 */
import type { KeepAlive } from './keep-alive.ts';
import { ModelLoad } from './model-load.ts';
import type { OllamaServer } from './ollama-server.ts';
import type { ThinkingSupport } from './ollama-thinking.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface OllamaModelOptions {
  server: OllamaServer;
  keepAlive: KeepAlive;
  /** Undefined: the model's own, or Ollama's. */
  numCtx: number | undefined;
}

const tellingMs = 1_000;

export class OllamaModel {
  readonly load: ModelLoad;
  thinking: ThinkingSupport = 'levels';
  readonly #server: OllamaServer;
  readonly #name: string;
  #contextTokens: number | undefined;
  /** What Ollama told when it was asked, which may be nothing. */
  #asked: { capabilities: readonly unknown[] | undefined } | undefined;

  constructor(name: string, { server, keepAlive, numCtx }: OllamaModelOptions) {
    this.#server = server;
    this.#name = name;
    this.load = new ModelLoad({
      load: async (signal) => {
        // A keep-alive of 0 is for the chat to say: a load that says it unloads.
        const loadedFor = keepAlive.ms === 0 ? undefined : keepAlive.value;
        const learning = this.learn(signal);
        // Its failure costs nobody the model.
        learning.catch(() => undefined);
        await server.load(name, { keepAlive: loadedFor, numCtx }, signal);
        // What was asked for is not always what a model can; only who has loaded it knows. Nobody waits long to be told.
        const soon = AbortSignal.any([signal, AbortSignal.timeout(tellingMs)]);
        this.#contextTokens = await server.loadedContext(name, soon).catch(() => undefined);
        await unlessAborted(learning, soon).catch(() => undefined);
      },
      keptForMs: keepAlive.ms,
    });
  }

  /** What it takes as it is loaded; undefined before, and where this Ollama does not tell. */
  get contextTokens(): number | undefined {
    return this.#contextTokens;
  }

  /** Undefined while it is not known, and where this Ollama does not tell. */
  get takesTools(): boolean | undefined {
    return this.#asked?.capabilities?.includes('tools');
  }

  /** Asks what it can, once; also before it is loaded. @throws BackendError */
  async learn(signal: AbortSignal): Promise<void> {
    this.#asked ??= { capabilities: await this.#server.capabilities(this.#name, signal) };
  }

  /** Another one may have its name now. */
  forget(): void {
    this.#asked = undefined;
    this.load.doubt();
  }

  /** True where Ollama does not tell. @throws BackendError */
  async seesImages(signal: AbortSignal): Promise<boolean> {
    await this.learn(signal);
    return this.#asked?.capabilities?.includes('vision') ?? true;
  }
}
